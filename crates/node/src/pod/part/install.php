<?php
// Installs WordPress from the description on standard input. May be run again after any interruption.
$in = json_decode(stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR);
chdir($in['folder']);
require_once dirname($in['folder']) . '/private/database.php';
require $in['folder'] . '/wp-includes/version.php';

// Before WordPress is loaded: it refuses to start on a database that an installation left half made.
$db = new mysqli(DB_HOST, DB_USER, DB_PASSWORD, DB_NAME);
try {
    $found = $db->query("select 1 from wp_options where option_name = 'mpanel_ready' and option_value = '1'");
    $ready = $found->num_rows > 0;
} catch (mysqli_sql_exception $e) {
    $ready = false;
}
if ($ready) {
    echo json_encode(['was_ready' => true, 'version' => $wp_version]), "\n";
    exit(0);
}
foreach ($db->query("show tables like 'wp\\_%'")->fetch_all() as [$table]) {
    $db->query("drop table `$table`");
}
$db->close();

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

$made = wp_install($in['title'], $in['user'], $in['email'], true, '', $in['password']);
update_option('home', $in['url']);
update_option('siteurl', $in['url']);
update_option('mpanel_ready', '1', false);
echo json_encode(['was_ready' => false, 'version' => $wp_version, 'user' => $made['user_id']]), "\n";
