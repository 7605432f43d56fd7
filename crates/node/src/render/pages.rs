//! The pages that a new pod starts with. They are the tenant's from then on.

use wire::Title;

use super::escape::{html, javascript, php};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:36rem;padding:0 1.5rem;color:#1c2024;background:#fff}\
@media(prefers-color-scheme:dark){body{color:#edeef0;background:#111113}}h1{font-size:1.75rem;margin:0 0 .5rem}p{margin:0;opacity:.75}";

/// What visitors of a closed site see, whatever the reason.
pub fn closed_page() -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>Temporarily unavailable</title>\n<style>{STYLE}</style>\n<h1>Temporarily unavailable</h1>\n\
         <p>This site can't be shown right now. Try again later.</p>\n</html>\n"
    )
}

/// `index.html` of a static pod.
pub fn static_page(title: &Title) -> String {
    let title = html(title.as_str());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n\
         <p>This site is ready. Replace index.html in the folder public with your own.</p>\n</html>\n"
    )
}

/// `index.php` of a PHP pod.
pub fn php_page(title: &Title) -> String {
    let title = php(title.as_str());
    format!(
        "<?php\n$title = htmlspecialchars({title}, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');\n?>\n\
         <!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title><?= $title ?></title>\n<style>{STYLE}</style>\n<h1><?= $title ?></h1>\n\
         <p>PHP <?= PHP_VERSION ?> is ready. Replace index.php in the folder public with your own.</p>\n</html>\n"
    )
}

/// `server.js` of a Node pod.
pub fn node_program(title: &Title) -> String {
    let title = javascript(title.as_str());
    format!(
        "'use strict';\n// PORT is the path of a socket; listen on it and the web server finds you.\n\
         const http = require('http');\nconst title = {title};\n\
         const escape = (text) => text.replace(/[&<>\"']/g, (c) => `&#${{c.charCodeAt(0)}};`);\n\
         const page = `<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>${{escape(title)}}</title>\n<style>{STYLE}</style>\n<h1>${{escape(title)}}</h1>\n\
         <p>Node ${{process.version}} is ready. Replace server.js in the folder app with your own.</p>\n</html>\n`;\n\
         http.createServer((request, response) => {{\n\
         \x20 response.setHeader('Content-Type', 'text/html; charset=utf-8');\n\
         \x20 response.end(page);\n}}).listen(process.env.PORT);\n"
    )
}

/// Loaded before every Node program: its socket is opened by systemd and handed over as file 3, and whoever listens on `PORT` gets it. A program
/// that `drains` answers what it has begun before it ends: so no visitor notices that a release takes the place of another one.
pub fn node_listen(drains: bool) -> String {
    [include_str!("listen.cjs"), if drains { include_str!("drain.cjs") } else { "" }].concat()
}

/// WordPress' own addresses were written down when it was installed, over HTTP. Once all visitors come over HTTPS they are read with that scheme,
/// so that no page names a file over HTTP; what is written down stays.
const WORDPRESS_HTTPS: &str = "foreach (['option_home', 'option_siteurl'] as $mpanel_option) {\n\
    \x20   $GLOBALS['wp_filter'][$mpanel_option][10]['mpanel_https'] = ['accepted_args' => 1, 'function' => function ($address) {\n\
    \x20       return is_string($address) ? preg_replace('#^http://#', 'https://', $address) : $address;\n\
    \x20   }];\n}\n";

/// `private/database.php`: kept by this program, so that a changed password reaches WordPress, and that it is served over HTTPS only.
pub fn wordpress_database(database: &wire::spec::Database, is_https: bool) -> String {
    let define = |name: &str, value: &str| format!("define('{name}', {});\n", php(value));
    [
        format!("<?php\n// {}\n", super::HEAD),
        define("DB_NAME", database.name.as_str()),
        define("DB_USER", database.user.as_str()),
        define("DB_PASSWORD", database.password.expose()),
        define("DB_HOST", "localhost"),
        define("DB_CHARSET", "utf8mb4"),
        define("DB_COLLATE", ""),
        if is_https { WORDPRESS_HTTPS.to_owned() } else { String::new() },
    ]
    .concat()
}

/// `public/wp-config.php`: written once, then the tenant's. `salts` are eight random words.
pub fn wordpress_config(salts: &[String; 8]) -> String {
    const KEYS: [&str; 8] =
        ["AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY", "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT"];
    let mut text = "<?php\nrequire_once dirname(__DIR__) . '/private/database.php';\n\n".to_owned();
    for (key, salt) in KEYS.iter().zip(salts) {
        text.push_str(&format!("define('{key}', {});\n", php(salt)));
    }
    text.push_str(
        "\n$table_prefix = 'wp_';\ndefine('WP_DEBUG', false);\ndefine('FS_METHOD', 'direct');\n\
         define('WP_CONTENT_DIR', __DIR__ . '/wp-content');\n\n\
         if (!defined('ABSPATH')) {\n    define('ABSPATH', __DIR__ . '/');\n}\nrequire_once ABSPATH . 'wp-settings.php';\n",
    );
    text
}
