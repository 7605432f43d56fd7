//! Test cards, by what becomes of their payments. The numbers are those of Stripe's test cards that do the same, where it has one.

/// A test card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// Every payment succeeds.
    Good,
    /// Declined on the page.
    Refused,
    /// Saved on the page; later charges lack funds.
    Empty,
    /// Saved on the page; later charges are declined for good.
    Lost,
    /// The bank wants every payment to be confirmed.
    Challenge,
    /// Payments take days: they are on their way until somebody says what became of them.
    Slow,
}

impl Card {
    /// Every card, as the page offers them.
    pub const ALL: [Self; 6] = [Self::Good, Self::Challenge, Self::Empty, Self::Lost, Self::Slow, Self::Refused];

    /// Its number.
    pub const fn number(self) -> &'static str {
        match self {
            Card::Good => "4242424242424242",
            Card::Refused => "4000000000000002",
            Card::Empty => "4000000000000341",
            Card::Lost => "4000000000009987",
            Card::Challenge => "4000002760003184",
            Card::Slow => "4000000000000077",
        }
    }

    /// What the page says about it.
    pub const fn note(self) -> &'static str {
        match self {
            Card::Good => "every payment succeeds",
            Card::Refused => "declined on this page",
            Card::Empty => "saved; later charges: insufficient funds",
            Card::Lost => "saved; later charges: declined for good",
            Card::Challenge => "the bank asks for a confirmation each time",
            Card::Slow => "the payment is processing until it is settled",
        }
    }

    /// The last four digits.
    pub fn last4(self) -> &'static str {
        &self.number()[12..]
    }

    /// The card with these last four digits.
    pub fn of(last4: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|card| card.last4() == last4)
    }

    /// The bank's word when it declines a charge without the customer.
    pub const fn decline(self) -> Option<&'static str> {
        match self {
            Card::Empty => Some("insufficient_funds"),
            Card::Lost => Some("lost_card"),
            Card::Refused => Some("generic_decline"),
            Card::Good | Card::Challenge | Card::Slow => None,
        }
    }
}
