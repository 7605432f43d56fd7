//! Every action of the audit log.

crate::text_enum! {
    /// What happened, in the past tense, as in §7 of the specification.
    AuditAction {
        /// The setup link for the first admin was created.
        SetupLinkMade = "SETUP_LINK_MADE",
        /// The first admin was created with the setup link.
        PlatformSetUp = "PLATFORM_SET_UP",
        /// A user was created.
        UserCreated = "USER_CREATED",
        /// A user was activated by an emailed link.
        UserActivated = "USER_ACTIVATED",
        /// A password was reset by an emailed link.
        PasswordReset = "PASSWORD_RESET",
        /// A password reset was requested.
        PasswordResetRequested = "PASSWORD_RESET_REQUESTED",
        /// A user signed in.
        SignedIn = "SIGNED_IN",
        /// A user signed out.
        SignedOut = "SIGNED_OUT",
        /// A sign-in failed.
        SignInRefused = "SIGN_IN_REFUSED",
        /// A user changed their password.
        PasswordChanged = "PASSWORD_CHANGED",
        /// The password was confirmed for a sensitive operation.
        PasswordConfirmed = "PASSWORD_CONFIRMED",
        /// A password confirmation failed.
        PasswordRefused = "PASSWORD_REFUSED",
        /// A session was signed out.
        SessionEnded = "SESSION_ENDED",
        /// All sessions of a user were ended.
        SessionsEnded = "SESSIONS_ENDED",
        /// A secret was shown: authenticator key or recovery codes.
        SecretShown = "SECRET_SHOWN",
        /// A user turned 2FA on.
        SecondStepAdded = "SECOND_STEP_ADDED",
        /// A user's 2FA was turned off or reset.
        SecondStepRemoved = "SECOND_STEP_REMOVED",
        /// A recovery code was used.
        RecoveryCodeUsed = "RECOVERY_CODE_USED",
        /// A security policy was changed.
        PolicyChanged = "POLICY_CHANGED",
        /// A user requested something that their role does not allow.
        AccessRefused = "ACCESS_REFUSED",
        /// A user was disabled.
        UserDisabled = "USER_DISABLED",
        /// A user was enabled.
        UserEnabled = "USER_ENABLED",
        /// A user's platform role was changed.
        PlatformRoleChanged = "PLATFORM_ROLE_CHANGED",
        /// The password was correct and a verification code is required.
        SignInCodeAsked = "SIGN_IN_CODE_ASKED",
        /// A customer account was created.
        TenantCreated = "TENANT_CREATED",
        /// A user joined a customer account.
        TenantUserAdded = "TENANT_USER_ADDED",
        /// A user was invited to a customer account.
        TenantUserInvited = "TENANT_USER_INVITED",
        /// A domain was reserved for a CloudPod, without a proof of who owns it.
        DomainReserved = "DOMAIN_RESERVED",
        /// Staff released a reserved domain.
        DomainReleased = "DOMAIN_RELEASED",
        /// An invitation was revoked.
        InvitationRevoked = "INVITATION_REVOKED",
        /// A member's role was changed.
        TenantUserChanged = "TENANT_USER_CHANGED",
        /// A member was removed, or left.
        TenantUserRemoved = "TENANT_USER_REMOVED",
        /// A product was created.
        ProductCreated = "PRODUCT_CREATED",
        /// A product was updated.
        ProductUpdated = "PRODUCT_UPDATED",
        /// A visitor started a checkout.
        CheckoutStarted = "CHECKOUT_STARTED",
        /// A payment was declined.
        CheckoutDeclined = "CHECKOUT_DECLINED",
        /// A payment was confirmed by the provider.
        CheckoutPaid = "CHECKOUT_PAID",
        /// A webhook event was rejected: invalid signature, stale or malformed.
        WebhookRefused = "WEBHOOK_REFUSED",
        /// A webhook event was received.
        WebhookReceived = "WEBHOOK_RECEIVED",
        /// A subscription was created.
        SubscriptionCreated = "SUBSCRIPTION_CREATED",
        /// The quantity of a subscription was changed.
        SubscriptionUpdated = "SUBSCRIPTION_UPDATED",
        /// A subscription was cancelled.
        SubscriptionCancelled = "SUBSCRIPTION_CANCELLED",
        /// An invoice was issued.
        InvoiceIssued = "INVOICE_ISSUED",
        /// A CloudPod was ordered.
        CloudpodRequested = "CLOUDPOD_REQUESTED",
        /// A CloudPod was placed on a server.
        CloudpodPlaced = "CLOUDPOD_PLACED",
        /// A CloudPod was provisioned; its site responds.
        CloudpodProvisioned = "CLOUDPOD_PROVISIONED",
        /// Provisioning of a CloudPod failed and was rolled back.
        CloudpodFailed = "CLOUDPOD_FAILED",
        /// Deletion of a CloudPod was requested.
        CloudpodDeletionRequested = "CLOUDPOD_DELETION_REQUESTED",
        /// A CloudPod is offline; its data is kept for the grace period.
        CloudpodHeld = "CLOUDPOD_HELD",
        /// A CloudPod was purged from its server.
        CloudpodDeleted = "CLOUDPOD_DELETED",
        /// A job was queued.
        JobEnqueued = "JOB_ENQUEUED",
        /// Cancellation of a job was requested.
        JobCancelRequested = "JOB_CANCEL_REQUESTED",
        /// A job was retried.
        JobRetried = "JOB_RETRIED",
        /// A job completed.
        JobDone = "JOB_DONE",
        /// A job was rolled back.
        JobUndone = "JOB_UNDONE",
        /// A job needs attention.
        JobStuck = "JOB_STUCK",
        /// A server was added.
        ServerAdded = "SERVER_ADDED",
        /// A server was enrolled and its host key pinned.
        ServerEnrolled = "SERVER_ENROLLED",
        /// A server's capabilities were checked.
        ServerProbed = "SERVER_PROBED",
        /// Requirements were installed on a server.
        ServerCapabilityInstalled = "SERVER_CAPABILITY_INSTALLED",
        /// A server was drained.
        ServerDrained = "SERVER_DRAINED",
        /// A server was returned to service.
        ServerReturned = "SERVER_RETURNED",
        /// A server's host key changed and it was quarantined.
        ServerHostKeyChanged = "SERVER_HOST_KEY_CHANGED",
        /// The agent on a server was upgraded.
        ServerUpgraded = "SERVER_UPGRADED",
        /// A new agent did not work on a server or was not taken; the one before runs.
        ServerUpgradeFailed = "SERVER_UPGRADE_FAILED",
        /// The rollout of a new agent was held.
        AgentRolloutHeld = "AGENT_ROLLOUT_HELD",
        /// A rollout that was held or had stopped goes on; servers that had failed are tried again.
        AgentRolloutResumed = "AGENT_ROLLOUT_RESUMED",
        /// An email was queued.
        MailQueued = "MAIL_QUEUED",
        /// The installation key was rotated.
        KeyReplaced = "KEY_REPLACED",
        /// Settings of the platform were loaded or changed from the command line.
        SettingsChanged = "SETTINGS_CHANGED",
    }
}
