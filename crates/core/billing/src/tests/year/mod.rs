//! A year in a minute: many customers through the ordinary use cases and Stripe's stand-in over HTTP, while the clock runs from day to day.
//!
//! Purchases, changes of plan, cycle and add-ons, coupons, trials, cards that fail in every way, payments by hand, cancellations that are taken back,
//! disputes, credit notes, refunds and transfers; messages that are lost, doubled and reordered, a provider that is away for a day, panels and workers that
//! are gone in the middle of their work. At rest the books must be right to the minor unit, all the time and at the end.
//!
//! Everything is chosen by `MPANEL_SEED`, which is printed: what customers, staff, banks and the provider do on each day, and which messages are lost or
//! left. A run with the same seed chooses the same; what is running at once may still take its turns in another order. CloudPods run on the simulated servers; PDF files of invoices are not made here.

mod books;
mod catalogue;
mod customers;
pub(crate) mod random;
mod staff;
mod today;
mod world;

use chrono::Duration;
use customers::Customer;
use model::ids::CheckoutId;
use std::{collections::BTreeMap, time::Instant};
use today::Today;
use world::World;

/// The first day: month ends, and the 29th of February of 2028, come into the anchors.
const BEGIN: &str = "2027-03-01T00:00:00Z";
const DAYS: i64 = 366;

/// A number that whoever runs the test has set.
pub(crate) fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// A year with so many customers.
async fn year(seed: u64, customers: usize) {
    println!("A year with {customers} customers, MPANEL_SEED={seed}");
    let began = Instant::now();
    let mut world = World::open(seed, BEGIN).await;
    let mut crowd: Vec<Customer> = (0..customers).map(|number| Customer::new(seed, number)).collect();
    let mut tally = BTreeMap::new();
    for day in 0..DAYS {
        let hours = 18 + i64::try_from(world.random.below(13)).unwrap();
        let rest = i64::try_from(world.random.below(3600)).unwrap();
        world.shop.t.clock.advance(Duration::seconds(hours * 3600 + rest));
        world.choose_faults();
        if day % 7 == 0 {
            world.resync().await;
        }
        world.settle(true).await;
        let orders: Vec<CheckoutId> = crowd.iter().filter_map(Customer::ordered).collect();
        let today = Today::read(&mut world, &orders).await;
        for customer in &mut crowd {
            customer.act(&mut world, day, &today, &mut tally).await;
        }
        staff::work(&mut world, customers, &mut tally).await;
        world.settle(true).await;
        if day % 30 == 29 {
            at_rest(&mut world).await;
        }
    }
    at_rest(&mut world).await;
    let sums = (books::taken(&world), books::booked(&mut world).await, books::documented(&mut world).await);
    assert_eq!((&sums.0, &sums.0), (&sums.1, &sums.2), "the provider's books, the ledger and the documents");
    let (periods, faults) = books::periods(&mut world).await;
    assert!(faults.is_empty(), "{faults:#?}");
    let documents = world.number("select count(*) from invoices where issued_at <= $1").await;
    let payments = world.number("select count(*) from payments where created_at <= $1").await;
    println!("{tally:#?}\n{:?}\n{sums:?}", world.counts);
    println!(
        "A year with {customers} customers: {documents} invoices and credit notes, {payments} payments, {periods} periods, in {:.1} s (MPANEL_SEED={seed})",
        began.elapsed().as_secs_f64()
    );
}

/// Nothing goes wrong for two hours, and everything comes to rest: then nothing is wrong.
async fn at_rest(world: &mut World) {
    world.calm_down();
    for _ in 0..4 {
        world.shop.t.clock.advance(Duration::minutes(31));
        world.resync().await;
        world.settle(false).await;
    }
    world.compare().await;
    let faults = books::faults(world).await;
    assert!(faults.is_empty(), "at {}: {faults:#?}", world.now());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_eight_customers_leaves_books_that_are_right_to_the_minor_unit() {
    year(from_environment("MPANEL_SEED").unwrap_or(1), 8).await;
}

/// `MPANEL_SEED=1 MPANEL_CUSTOMERS=100 cargo test -p mpanel-core-billing --lib year:: -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: docs/PERFORMANCE.md says how it is run"]
async fn a_year_of_many_customers() {
    let seed = from_environment("MPANEL_SEED").unwrap_or_else(|| u64::from_be_bytes(engine::secrets::random_bytes::<8>()));
    year(seed, from_environment("MPANEL_CUSTOMERS").map_or(100, |customers| usize::try_from(customers).unwrap())).await;
}
