//! Every word of the audit log, in one list.

crate::text_enum! {
    /// What happened: past tense, as the specification's §7 writes it.
    AuditAction {
        /// The one-time link for the first admin was made and shown.
        SetupLinkMade = "SETUP_LINK_MADE",
        /// The first admin was made through the one-time set-up link.
        PlatformSetUp = "PLATFORM_SET_UP",
        /// A login was made.
        UserCreated = "USER_CREATED",
        /// A login was activated by its link.
        UserActivated = "USER_ACTIVATED",
        /// A password was set anew by its link.
        PasswordReset = "PASSWORD_RESET",
        /// A link for a new password was asked for.
        PasswordResetRequested = "PASSWORD_RESET_REQUESTED",
        /// Somebody signed in.
        SignedIn = "SIGNED_IN",
        /// Somebody signed out.
        SignedOut = "SIGNED_OUT",
        /// A sign-in was refused.
        SignInRefused = "SIGN_IN_REFUSED",
        /// A password was changed by who knew the old one.
        PasswordChanged = "PASSWORD_CHANGED",
        /// The password was typed again before something that cannot be undone.
        PasswordConfirmed = "PASSWORD_CONFIRMED",
        /// A wrong password was typed where it was asked for again.
        PasswordRefused = "PASSWORD_REFUSED",
        /// A session was ended from the list of sessions.
        SessionEnded = "SESSION_ENDED",
        /// Several sessions of a login were ended at once.
        SessionsEnded = "SESSIONS_ENDED",
        /// A secret was shown: a code app's key, recovery codes.
        SecretShown = "SECRET_SHOWN",
        /// A login's second step was set up.
        SecondStepAdded = "SECOND_STEP_ADDED",
        /// A login's second step was taken away.
        SecondStepRemoved = "SECOND_STEP_REMOVED",
        /// A recovery code was used up instead of the code app.
        RecoveryCodeUsed = "RECOVERY_CODE_USED",
        /// A rule for signing in was changed.
        PolicyChanged = "POLICY_CHANGED",
        /// A signed-in person asked for something that the role does not allow.
        AccessRefused = "ACCESS_REFUSED",
        /// A login can no longer sign in.
        UserDisabled = "USER_DISABLED",
        /// A login can sign in again.
        UserEnabled = "USER_ENABLED",
        /// A login's role on the platform was changed.
        PlatformRoleChanged = "PLATFORM_ROLE_CHANGED",
        /// The password was right, and a code was asked for.
        SignInCodeAsked = "SIGN_IN_CODE_ASKED",
        /// A customer account was made.
        TenantCreated = "TENANT_CREATED",
        /// A login became a member of a customer account.
        TenantUserAdded = "TENANT_USER_ADDED",
        /// Somebody was invited to a customer account.
        TenantUserInvited = "TENANT_USER_INVITED",
        /// An invitation was taken back.
        InvitationRevoked = "INVITATION_REVOKED",
        /// A member's role was changed.
        TenantUserChanged = "TENANT_USER_CHANGED",
        /// A member was removed, or left.
        TenantUserRemoved = "TENANT_USER_REMOVED",
        /// A product was made.
        ProductCreated = "PRODUCT_CREATED",
        /// A product was changed.
        ProductUpdated = "PRODUCT_UPDATED",
        /// A visitor started a checkout.
        CheckoutStarted = "CHECKOUT_STARTED",
        /// A payment was declined.
        CheckoutDeclined = "CHECKOUT_DECLINED",
        /// A payment was confirmed by the provider.
        CheckoutPaid = "CHECKOUT_PAID",
        /// A webhook was refused: forged, stale or not understood.
        WebhookRefused = "WEBHOOK_REFUSED",
        /// A webhook was stored.
        WebhookReceived = "WEBHOOK_RECEIVED",
        /// A subscription began.
        SubscriptionCreated = "SUBSCRIPTION_CREATED",
        /// A subscription ended.
        SubscriptionCancelled = "SUBSCRIPTION_CANCELLED",
        /// An invoice was issued.
        InvoiceIssued = "INVOICE_ISSUED",
        /// A pod was ordered.
        CloudpodRequested = "CLOUDPOD_REQUESTED",
        /// A place on a server was taken for a pod.
        CloudpodPlaced = "CLOUDPOD_PLACED",
        /// A pod answers with what was asked for.
        CloudpodProvisioned = "CLOUDPOD_PROVISIONED",
        /// A pod could not be made; what was done is undone.
        CloudpodFailed = "CLOUDPOD_FAILED",
        /// Deleting a pod was asked for.
        CloudpodDeletionRequested = "CLOUDPOD_DELETION_REQUESTED",
        /// A pod is off; its data is kept for the grace period.
        CloudpodHeld = "CLOUDPOD_HELD",
        /// A pod is gone from its server.
        CloudpodDeleted = "CLOUDPOD_DELETED",
        /// A job was started.
        JobEnqueued = "JOB_ENQUEUED",
        /// Cancelling a job was asked for.
        JobCancelRequested = "JOB_CANCEL_REQUESTED",
        /// A job was started again by a person.
        JobRetried = "JOB_RETRIED",
        /// A job ended well.
        JobDone = "JOB_DONE",
        /// A job failed and was undone.
        JobUndone = "JOB_UNDONE",
        /// A job needs a person.
        JobStuck = "JOB_STUCK",
        /// A server was named for enrolment.
        ServerAdded = "SERVER_ADDED",
        /// A server's host key was pinned and the server took up service.
        ServerEnrolled = "SERVER_ENROLLED",
        /// What a server can do was looked at anew.
        ServerProbed = "SERVER_PROBED",
        /// Missing parts were installed on a server.
        ServerCapabilityInstalled = "SERVER_CAPABILITY_INSTALLED",
        /// A server takes no new pods.
        ServerDrained = "SERVER_DRAINED",
        /// A server takes pods again.
        ServerReturned = "SERVER_RETURNED",
        /// A server showed another host key: work on it stopped.
        ServerHostKeyChanged = "SERVER_HOST_KEY_CHANGED",
        /// The program on a server was replaced.
        ServerUpgraded = "SERVER_UPGRADED",
        /// A new agent did not work on a server or was not taken; the one before runs.
        ServerUpgradeFailed = "SERVER_UPGRADE_FAILED",
        /// The rollout of a new agent was held.
        AgentRolloutHeld = "AGENT_ROLLOUT_HELD",
        /// A rollout that was held or had stopped goes on; servers that had failed are tried again.
        AgentRolloutResumed = "AGENT_ROLLOUT_RESUMED",
        /// A mail was put into the outbox.
        MailQueued = "MAIL_QUEUED",
        /// The installation's key was replaced by a new one.
        KeyReplaced = "KEY_REPLACED",
        /// Settings of the platform were loaded or changed from the command line.
        SettingsChanged = "SETTINGS_CHANGED",
    }
}
