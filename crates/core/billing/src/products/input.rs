//! What an admin has typed about a product, checked: all fields at once.

use super::price;
use engine::{Result, error::Errors};
use model::{
    billing::products::{CurrencyPrice, CurrencyPriceInput, ProductInput, ProductType, ProductView},
    hosting::{
        cloudpods::{Limits, NetworkAccess, Runtime, SLEEP_MINUTES, SleepRule, Stack},
        websites::MAX_SITES_WITHOUT_PREVIEWS,
    },
    ids::ProductId,
    money::{Currency, Money},
};

/// Lines of a price table.
const MOST_FEATURES: usize = 12;
/// Longest trial.
const MAX_TRIAL_DAYS: i32 = 365;
/// The highest limit of each kind, far above any server.
const HIGHEST_LIMIT: i32 = 100_000_000;

/// A product that may be stored.
pub(super) struct Checked {
    pub code: String,
    pub name: String,
    pub description: String,
    pub kind: ProductType,
    pub monthly: Money,
    pub yearly: Option<Money>,
    pub trial_days: i32,
    pub setup_fee: Money,
    pub features: Vec<String>,
    pub stack: Option<Stack>,
    pub runtime: Option<Runtime>,
    pub limits: Limits,
    pub active: bool,
}

impl Checked {
    pub fn new(input: &ProductInput) -> Result<Self> {
        let mut errors = Errors::default();
        let code = errors.take("code", code(input.code.trim()));
        let name = errors.take("name", text(&input.name, 1, 200));
        let description = errors.take("description", text(&input.description, 0, 2000));
        let kind = errors.take(
            "kind",
            input.kind.parse().ok().filter(|kind| *kind != ProductType::Domain).ok_or_else(|| "Select a plan or an add-on.".to_owned()),
        );
        let currency = errors.take("currency", input.currency.parse::<Currency>().map_err(|_| "Select a currency.".to_owned()));
        let monthly = currency.and_then(|currency| errors.take("monthly", price::parse(&input.monthly, currency)));
        let yearly = match currency {
            Some(currency) if !input.yearly.trim().is_empty() => errors.take("yearly", price::parse(&input.yearly, currency).map(Some)),
            _ => Some(None),
        };
        let trial_days = kind.and_then(|kind| errors.take("trial_days", trial_days(kind, input.trial_days.trim())));
        let setup_fee = currency.and_then(|currency| match input.setup_fee.trim() {
            "" => Some(Money::new(0, currency)),
            typed => errors.take("setup_fee", price::parse(typed, currency)),
        });
        let features = errors.take("features", features(&input.features));
        let stack = kind.and_then(|kind| errors.take("stack", stack(kind, &input.stack)));
        let runtime = stack.and_then(|stack| errors.take("runtime", runtime(stack, input.runtime.trim())));
        let sleep = kind.and_then(|kind| errors.take("sleep_after_minutes", sleep(kind, stack.flatten(), input))).flatten();
        if is_on(input.sleep_is_optional.as_deref()) && input.sleep_after_minutes.trim().is_empty() {
            errors.add("sleep_is_optional", "Sites of this product never sleep. Turn this off, or enter after how many minutes they do.");
        }
        let sites = kind.and_then(|kind| errors.take("sites", sites(kind, input.sites.trim()))).unwrap_or_default();
        let network = kind.and_then(|kind| errors.take("network", network(kind, &input.network))).unwrap_or_default();
        let (cpu_millis, memory_mb, disk_mb, tasks) = (input.cpu_millis, input.memory_mb, input.disk_mb, input.tasks);
        let limits = Limits { cpu_millis, memory_mb, disk_mb, tasks, sleep, sites, network };
        if let Some(kind) = kind {
            check_limits(kind, limits, &mut errors);
        }
        let active = is_on(input.active.as_deref());
        let fees = trial_days.zip(setup_fee);
        match (code, name, description, kind, monthly.zip(yearly), fees, features, stack, runtime) {
            (
                Some(code),
                Some(name),
                Some(description),
                Some(kind),
                Some((monthly, yearly)),
                Some((trial_days, setup_fee)),
                Some(features),
                Some(stack),
                Some(runtime),
            ) if errors.is_empty() => {
                Ok(Self { code, name, description, kind, monthly, yearly, trial_days, setup_fee, features, stack, runtime, limits, active })
            }
            _ => Err(errors.into_error()),
        }
    }

    /// How it is shown.
    pub fn view(&self, id: ProductId, other_prices: Vec<CurrencyPrice>) -> ProductView {
        ProductView {
            id,
            code: self.code.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            kind: self.kind,
            monthly: self.monthly,
            yearly: self.yearly,
            trial_days: self.trial_days,
            setup_fee: self.setup_fee,
            features: self.features.clone(),
            stack: self.stack,
            runtime: self.runtime,
            limits: self.limits,
            active: self.active,
            other_prices,
        }
    }
}

/// What an admin has typed about a product in another currency, checked: all fields at once.
pub(super) fn currency_price(input: &CurrencyPriceInput, own: Currency) -> Result<CurrencyPrice> {
    let mut errors = Errors::default();
    let currency = match input.currency.parse::<Currency>() {
        Ok(currency) if currency == own => Err(format!("{own} is the product's own currency. Change its prices above.")),
        Ok(currency) => Ok(currency),
        Err(_) => Err("Select a currency.".to_owned()),
    };
    let Some(currency) = errors.take("currency", currency) else { return Err(errors.into_error()) };
    let optional = |typed: &str| match typed.trim() {
        "" => Ok(None),
        typed => price::parse(typed, currency).map(Some),
    };
    let monthly = errors.take("monthly_price", price::parse(&input.monthly_price, currency));
    let yearly = errors.take("yearly_price", optional(&input.yearly_price));
    let setup_fee = errors.take("setup_price", optional(&input.setup_price));
    match (monthly, yearly, setup_fee) {
        (Some(monthly), Some(yearly), Some(setup_fee)) => {
            Ok(CurrencyPrice { monthly, yearly, setup_fee: setup_fee.unwrap_or(Money::new(0, currency)) })
        }
        _ => Err(errors.into_error()),
    }
}

fn code(code: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let first = code.bytes().next().is_some_and(plain);
    if first && code.len() <= 63 && code.bytes().all(|b| plain(b) || b == b'-' || b == b'_') {
        Ok(code.to_owned())
    } else {
        Err("Use lowercase letters, numbers, and hyphens, for example wordpress-s.".to_owned())
    }
}

fn text(text: &str, least: usize, most: usize) -> Result<String, String> {
    let text = text.trim().replace("\r\n", "\n");
    let length = text.chars().count();
    if length < least {
        Err("This field is required.".to_owned())
    } else if length > most {
        Err(format!("Use at most {most} characters."))
    } else if text.chars().any(|c| c.is_control() && c != '\n') {
        Err("Remove control characters.".to_owned())
    } else {
        Ok(text)
    }
}

fn features(lines: &str) -> Result<Vec<String>, String> {
    let lines: Vec<String> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if lines.len() > MOST_FEATURES || lines.iter().any(|line| line.chars().count() > 120) {
        return Err(format!("Use at most {MOST_FEATURES} lines of 120 characters."));
    }
    if lines.iter().any(|line| line.chars().any(char::is_control)) {
        return Err("Remove control characters.".to_owned());
    }
    Ok(lines)
}

fn trial_days(kind: ProductType, days: &str) -> Result<i32, String> {
    match days {
        "" | "0" => Ok(0),
        _ if kind == ProductType::Addon => Err("An add-on can't have a trial of its own. It is free during the trial of its plan.".to_owned()),
        days => {
            let days = days.parse::<i32>().ok().filter(|days| (1..=MAX_TRIAL_DAYS).contains(days));
            days.ok_or_else(|| format!("Enter a number of days up to {MAX_TRIAL_DAYS}."))
        }
    }
}

fn stack(kind: ProductType, word: &str) -> Result<Option<Stack>, String> {
    match kind {
        ProductType::Cloudpod => word.parse().map(Some).map_err(|_| "Select a stack.".to_owned()),
        _ if word.is_empty() => Ok(None),
        _ => Err("An add-on can't have a stack.".to_owned()),
    }
}

/// Nothing named is the default of the stack, whatever that is when a site is made.
fn runtime(stack: Option<Stack>, word: &str) -> Result<Option<Runtime>, String> {
    if word.is_empty() {
        return Ok(None);
    }
    let Some(stack) = stack else { return Err("An add-on can't have a runtime.".to_owned()) };
    match word.parse() {
        Ok(runtime) if stack.runtimes().contains(&runtime) => Ok(Some(runtime)),
        _ if stack.runtimes().is_empty() => Err(format!("{} need no runtime. Select the default.", stack.title())),
        _ => {
            let titles: Vec<_> = stack.runtimes().iter().map(|runtime| runtime.title()).collect();
            Err(format!("{} plans can use {}.", stack.title(), titles.join(", ")))
        }
    }
}

fn is_on(checkbox: Option<&str>) -> bool {
    checkbox == Some("on")
}

/// When sites sleep. Nothing typed is never.
fn sleep(kind: ProductType, stack: Option<Stack>, input: &ProductInput) -> Result<Option<SleepRule>, String> {
    match input.sleep_after_minutes.trim() {
        "" => Ok(None),
        _ if kind == ProductType::Addon => Err("An add-on can't say when sites sleep. Leave this empty.".to_owned()),
        _ if stack == Some(Stack::Static) => Err("Static files have no programs that could sleep. Leave this empty.".to_owned()),
        typed => {
            let minutes = typed.parse().ok().filter(|minutes| SLEEP_MINUTES.contains(minutes));
            let rule = |after_minutes| Some(SleepRule { after_minutes, is_optional: is_on(input.sleep_is_optional.as_deref()) });
            minutes.map(rule).ok_or_else(|| format!("Enter a number of minutes from {} to {}.", SLEEP_MINUTES.start(), SLEEP_MINUTES.end()))
        }
    }
}

/// How many sites the CloudPods of a plan can have, or an add-on adds.
fn sites(kind: ProductType, typed: &str) -> Result<i32, String> {
    let (least, untyped) = if kind == ProductType::Cloudpod { (1, MAX_SITES_WITHOUT_PREVIEWS) } else { (0, 0) };
    if typed.is_empty() {
        return Ok(untyped);
    }
    let count = typed.parse::<i32>().ok().filter(|count| (least..=MAX_SITES_WITHOUT_PREVIEWS).contains(count));
    count.ok_or_else(|| format!("Enter a number of sites from {least} to {MAX_SITES_WITHOUT_PREVIEWS}."))
}

/// What programs reach. Nothing chosen is the internet.
fn network(kind: ProductType, word: &str) -> Result<NetworkAccess, String> {
    if word.is_empty() {
        return Ok(NetworkAccess::default());
    }
    match word.parse::<NetworkAccess>() {
        Ok(NetworkAccess::Closed) if kind == ProductType::Addon => Err("An add-on can't take internet access away. Select Yes.".to_owned()),
        chosen => chosen.map_err(|_| "Select Yes or No.".to_owned()),
    }
}

/// A plan needs some of everything; an add-on adds to at least one of them.
fn check_limits(kind: ProductType, limits: Limits, errors: &mut Errors) {
    let each = [("cpu_millis", limits.cpu_millis), ("memory_mb", limits.memory_mb), ("disk_mb", limits.disk_mb), ("tasks", limits.tasks)];
    let least = if kind == ProductType::Cloudpod { 1 } else { 0 };
    for (field, value) in each {
        if !(least..=HIGHEST_LIMIT).contains(&value) {
            errors.add(field, format!("Enter a number between {least} and {HIGHEST_LIMIT}."));
        }
    }
    if kind == ProductType::Addon && limits.sites == 0 && each.iter().all(|(_, value)| *value == 0) {
        errors.add("disk_mb", "An add-on must increase at least one limit.");
    }
}
