//! What customers see of their accounts in the morning, read once for all of them.

use super::world::World;
use model::ids::{CheckoutId, InvoiceId, SubscriptionId, TenantId};
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Account {
    /// Open invoices, and whether they are due.
    pub open: Vec<(InvoiceId, bool)>,
    /// Invoices whose charge the bank wants to be confirmed.
    pub to_confirm: Vec<InvoiceId>,
    /// Plans, and whether their end is known.
    pub live: Vec<(SubscriptionId, bool)>,
}

#[derive(Default)]
pub(super) struct Today {
    pub accounts: HashMap<TenantId, Account>,
    /// Orders with their status, and the account that has become of them.
    pub orders: HashMap<CheckoutId, (String, Option<TenantId>)>,
}

impl Today {
    pub async fn read(world: &mut World, orders: &[CheckoutId]) -> Self {
        let (mut today, now) = (Self::default(), world.now());
        let open: Vec<(TenantId, InvoiceId, bool)> =
            sqlx::query_as("select tenant_id, id, due_at <= $1 from invoices where kind = 'INVOICE' and status = 'OPEN' order by issued_at, id")
                .bind(now)
                .fetch_all(&mut world.owner)
                .await
                .unwrap();
        for (tenant, invoice, is_due) in open {
            today.account(tenant).open.push((invoice, is_due));
        }
        let to_confirm = "select tenant_id, invoice_id from payments where status = 'ACTION_REQUIRED' order by created_at, id";
        let to_confirm: Vec<(TenantId, InvoiceId)> = sqlx::query_as(to_confirm).fetch_all(&mut world.owner).await.unwrap();
        for (tenant, invoice) in to_confirm {
            today.account(tenant).to_confirm.push(invoice);
        }
        let live: Vec<(TenantId, SubscriptionId, bool)> = sqlx::query_as(
            "select tenant_id, id, cancel_at is not null from subscriptions where parent_id is null and status <> 'CANCELLED' order by started_at, id",
        )
        .fetch_all(&mut world.owner)
        .await
        .unwrap();
        for (tenant, subscription, is_cancelled) in live {
            today.account(tenant).live.push((subscription, is_cancelled));
        }
        let found = "select id, status, tenant_id from checkout_sessions where id = any($1)";
        let orders: Vec<(CheckoutId, String, Option<TenantId>)> = sqlx::query_as(found).bind(orders).fetch_all(&mut world.owner).await.unwrap();
        today.orders = orders.into_iter().map(|(id, status, tenant)| (id, (status, tenant))).collect();
        today
    }

    fn account(&mut self, tenant: TenantId) -> &mut Account {
        self.accounts.entry(tenant).or_default()
    }
}
