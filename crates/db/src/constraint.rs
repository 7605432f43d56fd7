//! PostgreSQL decides; the name of the constraint that said no is translated to an error a person understands.

/// The error for a broken constraint of this name; every other error stays what it is.
pub fn on_constraint<E: From<sqlx::Error>>(error: sqlx::Error, name: &str, make: impl FnOnce() -> E) -> E {
    let hit = matches!(&error, sqlx::Error::Database(db) if db.constraint() == Some(name));
    if hit { make() } else { E::from(error) }
}

/// `query.await.on_constraint("users_email_key", || Error::field("email", "This address is taken."))?`
pub trait ConstraintExt<T, E> {
    /// Turns a broken constraint of this name into another error. Can be chained for several names.
    ///
    /// # Errors
    /// What was made, or the error that was there before.
    fn on_constraint(self, name: &str, make: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T, E: From<sqlx::Error>> ConstraintExt<T, E> for Result<T, sqlx::Error> {
    fn on_constraint(self, name: &str, make: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|error| on_constraint(error, name, make))
    }
}
