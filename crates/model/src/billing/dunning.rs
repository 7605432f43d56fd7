//! Dunning: what customers are told about an overdue invoice.

crate::text_enum! {
    /// A notice about an overdue invoice. Each is sent once for an invoice.
    DunningNotice {
        /// The invoice is overdue: its charge failed, or there is no card to charge.
        PaymentFailed = "PAYMENT_FAILED",
        /// Services are suspended in seven days.
        SuspensionIn7 = "SUSPENSION_IN_7",
        /// Services are suspended in three days.
        SuspensionIn3 = "SUSPENSION_IN_3",
        /// Services are suspended within a day.
        SuspensionIn1 = "SUSPENSION_IN_1",
        /// Services are suspended.
        Suspended = "SUSPENDED",
        /// The subscription is terminated in fourteen days.
        TerminationIn14 = "TERMINATION_IN_14",
        /// The subscription is terminated in seven days.
        TerminationIn7 = "TERMINATION_IN_7",
        /// The subscription is terminated within a day.
        TerminationIn1 = "TERMINATION_IN_1",
        /// The subscription is terminated.
        Terminated = "TERMINATED",
        /// The invoice is paid, and suspended services come back.
        Reinstated = "REINSTATED",
    }
}
