//! The arguments of the attribute.

use syn::{
    Ident, LitStr, Result, Token, parenthesized,
    parse::{Parse, ParseStream},
};

/// The parsed attribute.
pub struct Spec {
    /// Path prefix.
    pub prefix: LitStr,
    /// Last path segment.
    pub endpoint: LitStr,
    /// The access check.
    pub door: Door,
}

/// Who may come in.
pub enum Door {
    /// Everybody.
    Public,
    /// Signed-in users, for their own data.
    Own(Ident),
    /// Staff with this permission.
    Platform(Ident),
    /// Members with this permission.
    Tenant(Ident),
}

impl Parse for Spec {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let prefix: LitStr = input.parse()?;
        input.parse::<Token![,]>()?;
        let endpoint: LitStr = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Self { prefix, endpoint, door: input.parse()? })
    }
}

impl Parse for Door {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let word: Ident = input.parse()?;
        let permission = || {
            let inside;
            parenthesized!(inside in input);
            inside.parse::<Ident>()
        };
        match word.to_string().as_str() {
            "public" => Ok(Self::Public),
            "own" => Ok(Self::Own(permission()?)),
            "platform" => Ok(Self::Platform(permission()?)),
            "tenant" => Ok(Self::Tenant(permission()?)),
            _ => Err(syn::Error::new(word.span(), "the access check is public, own(Permission), platform(Permission) or tenant(Permission)")),
        }
    }
}
