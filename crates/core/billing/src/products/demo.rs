//! What `mpanel demo` sells.

use engine::{Result, Services};
use model::billing::products::{ProductInput, ProductView};

/// Loads three plans and an add-on. What is there already stays as it is.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn load_demo(services: &Services) -> Result<Vec<ProductView>> {
    let mut loaded = Vec::new();
    for input in [wordpress(), php(), node(), disk()] {
        loaded.push(super::ensure(services, input).await?);
    }
    Ok(loaded)
}

fn wordpress() -> ProductInput {
    ProductInput {
        features: "WordPress, installed and ready\nDatabase included\n5 GB disk\n512 MB memory".to_owned(),
        ..plan("wordpress", "WordPress", "A WordPress site with your title, up in under a minute.", "WORDPRESS", ("9.00", "90.00"), (500, 512, 5120))
    }
}

fn php() -> ProductInput {
    ProductInput {
        features: "PHP 8\nDatabase included\n5 GB disk\n512 MB memory".to_owned(),
        ..plan("php", "PHP", "Hosting for a PHP application, with its own database.", "PHP", ("7.00", "70.00"), (500, 512, 5120))
    }
}

fn node() -> ProductInput {
    ProductInput {
        features: "Node\nAutomatic restarts\n5 GB disk\n768 MB memory".to_owned(),
        ..plan("node", "Node", "Hosting for a Node.js application that keeps running.", "NODE", ("11.00", "110.00"), (750, 768, 5120))
    }
}

/// A plan for plain files; not among the three of the demo.
pub fn static_plan() -> ProductInput {
    ProductInput {
        features: "Static files\n2 GB disk".to_owned(),
        ..plan("static", "Static", "Hosting for static files.", "STATIC", ("3.00", "30.00"), (250, 128, 2048))
    }
}

fn disk() -> ProductInput {
    ProductInput {
        kind: "ADDON".to_owned(),
        stack: String::new(),
        tasks: 0,
        features: "10 GB extra disk".to_owned(),
        ..plan("disk-10", "10 GB extra disk", "Adds 10 GB of disk to the CloudPod.", "", ("2.00", "20.00"), (0, 0, 10240))
    }
}

fn plan(
    code: &str,
    name: &str,
    description: &str,
    stack: &str,
    price: (&str, &str),
    (cpu_millis, memory_mb, disk_mb): (i32, i32, i32),
) -> ProductInput {
    ProductInput {
        code: code.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        kind: "CLOUDPOD".to_owned(),
        monthly: price.0.to_owned(),
        yearly: price.1.to_owned(),
        currency: "EUR".to_owned(),
        trial_days: String::new(),
        setup_fee: String::new(),
        features: String::new(),
        stack: stack.to_owned(),
        runtime: String::new(),
        cpu_millis,
        memory_mb,
        disk_mb,
        tasks: 128,
        sleep_after_minutes: String::new(),
        sleep_is_optional: None,
        sites: String::new(),
        network: String::new(),
        active: Some("on".to_owned()),
    }
}
