<?php
// Installs WordPress from the description on standard input. May be run again after any interruption.
$in = json_decode(stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR);
chdir($in['folder']);
$url = parse_url($in['url']);
$_SERVER['HTTP_HOST'] = $url['host'] . (isset($url['port']) ? ':' . $url['port'] : '');
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
define('WP_INSTALLING', true);
define('WP_SITEURL', $in['url']);

// The installer would send the password by mail.
function wp_new_blog_notification(...$ignored) {}

require $in['folder'] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

global $wpdb;
$wpdb->suppress_errors(true);
$ready = $wpdb->get_var("select option_value from {$wpdb->options} where option_name = 'mpanel_ready'");
$wpdb->suppress_errors(false);
if ($ready === '1') {
    echo json_encode(['was_ready' => true, 'version' => $wp_version]), "\n";
    exit(0);
}
// An installation that did not reach its end has no content: begin anew.
foreach ($wpdb->get_col("show tables like 'wp\\_%'") as $table) {
    $wpdb->query("drop table `$table`");
}
wp_cache_flush();
$made = wp_install($in['title'], $in['user'], $in['email'], true, '', $in['password']);
update_option('home', $in['url']);
update_option('siteurl', $in['url']);
update_option('mpanel_ready', '1', false);
echo json_encode(['was_ready' => false, 'version' => $wp_version, 'user' => $made['user_id']]), "\n";
