//! The fields of who holds a domain.

use app_kit::prelude::*;
use model::{country, hosting::registrations::HolderInput};

/// The fields of a holder, in a form whose operation takes one.
#[component]
pub fn HolderFields(
    /// What stands before their names: `input[holder]`.
    prefix: &'static str,
) -> impl IntoView {
    let countries: Vec<_> = country::ALL.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect();
    let field = move |name: &str| format!("{prefix}[{name}]");
    view! {
        <Grid columns=Columns::Pairs>
            <Input name=field("name") label="Name" autocomplete="name"/>
            <Input name=field("organization") label="Company" optional=true autocomplete="organization"/>
            <Input name=field("street") label="Street and number" autocomplete="address-line1"/>
            <Input name=field("postal_code") label="Postal code" optional=true autocomplete="postal-code"/>
            <Input name=field("city") label="City" autocomplete="address-level2"/>
            <Input name=field("province") label="State or province" optional=true autocomplete="address-level1"/>
            <Select name=field("country") label="Country" options=countries/>
            <Input name=field("phone") kind="tel" label="Phone" autocomplete="tel" placeholder="+49 30 1234567" help="With the country code and a space after it."/>
            <Input name=field("email") kind="email" label="Email" autocomplete="email" help="The registry may write there to confirm it."/>
        </Grid>
    }
    .into_any()
}

/// A holder in lines, as on a letter.
pub(super) fn lines(holder: &HolderInput) -> Vec<String> {
    let place = [holder.postal_code.as_str(), holder.city.as_str()].join(" ");
    let all = [
        holder.name.clone(),
        holder.organization.clone(),
        holder.street.clone(),
        place.trim().to_owned(),
        holder.province.clone(),
        country::name(&holder.country).to_owned(),
        holder.phone.clone(),
        holder.email.clone(),
    ];
    all.into_iter().filter(|line| !line.is_empty()).collect()
}
