//! Expands to the server function and its entry in the list.

use crate::spec::{Door, Spec};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, Error, Expr, ExprLit, FnArg, ItemFn, Lit, Meta, Pat, PatType, Result, ReturnType, Type, spanned::Spanned};

/// Expands `#[operation]`.
pub fn expand(spec: &Spec, mut function: ItemFn) -> Result<TokenStream> {
    let arguments: Vec<Argument> = function.sig.inputs.iter().map(Argument::of).collect::<Result<_>>()?;
    let open = open(spec, &function, &arguments)?;
    let statements = std::mem::take(&mut function.block.stmts);
    function.block = syn::parse_quote!({ #open #(#statements)* });
    let line = line(spec, &function, &arguments)?;
    let Spec { prefix, endpoint, .. } = spec;
    Ok(quote! {
        #[::leptos::prelude::server(prefix = #prefix, endpoint = #endpoint, protocol = ::app_kit::call::Posted)]
        #function
        #line
    })
}

/// Runs the access check before the body.
fn open(spec: &Spec, function: &ItemFn, arguments: &[Argument]) -> Result<TokenStream> {
    // The body uses `tx`, so the name has the caller's hygiene.
    let here = function.sig.ident.span();
    Ok(match &spec.door {
        Door::Public => quote! {},
        Door::Own(permission) => quote_spanned! { here =>
            #[allow(unused_mut)]
            let mut tx = ::app_door::own::<::model::permission::#permission>().await?;
        },
        Door::Platform(permission) => quote_spanned! { here =>
            #[allow(unused_mut)]
            let mut tx = ::app_door::platform::<::model::permission::#permission>().await?;
        },
        Door::Tenant(permission) => {
            if !arguments.iter().any(|argument| argument.name == "slug") {
                return Err(Error::new(here, "a tenant operation needs the argument `slug: String`"));
            }
            quote_spanned! { here =>
                #[allow(unused_mut)]
                let mut tx = ::app_door::tenant::<::model::permission::#permission>(&slug).await?;
            }
        }
    })
}

/// The entry in the list of operations.
fn line(spec: &Spec, function: &ItemFn, arguments: &[Argument]) -> Result<TokenStream> {
    let path = format!("{}/{}", spec.prefix.value(), spec.endpoint.value());
    let name = function.sig.ident.to_string();
    let summary = summary(&function.attrs);
    if summary.is_empty() {
        return Err(Error::new(function.sig.ident.span(), "an operation needs a doc comment: it becomes the OpenAPI summary"));
    }
    let door = match &spec.door {
        Door::Public => quote! { Public },
        Door::Own(permission) => quote! { Own(<::model::permission::#permission as ::model::permission::Permission>::NAME) },
        Door::Platform(permission) => quote! { Platform(<::model::permission::#permission as ::model::permission::Permission>::NAME) },
        Door::Tenant(permission) => quote! { Tenant(<::model::permission::#permission as ::model::permission::Permission>::NAME) },
    };
    let input = match arguments {
        [Argument { flat: true, ty, .. }] => quote! { schemas.subschema_for::<#ty>() },
        _ => {
            let fields = arguments.iter().map(|Argument { name, ty, .. }| {
                let required = !is_option(ty);
                quote! { (#name, schemas.subschema_for::<#ty>(), #required) }
            });
            quote! { ::app_door::operations::object(vec![#(#fields),*]) }
        }
    };
    let output = output(&function.sig.output)?;
    Ok(quote! {
        #[cfg(feature = "ssr")]
        ::app_door::operations::inventory::submit! {
            ::app_door::operations::Operation {
                path: #path,
                name: #name,
                summary: #summary,
                door: ::app_door::operations::Door::#door,
                input: |#[allow(unused_variables)] schemas| #input,
                output: |schemas| schemas.subschema_for::<#output>(),
            }
        }
    })
}

/// One argument of the function.
struct Argument {
    name: String,
    ty: Type,
    /// `#[server(flatten)]`: this value is the whole input.
    flat: bool,
}

impl Argument {
    fn of(argument: &FnArg) -> Result<Self> {
        match argument {
            FnArg::Typed(PatType { pat, ty, attrs, .. }) => match pat.as_ref() {
                Pat::Ident(ident) => Ok(Self {
                    name: ident.ident.to_string(),
                    ty: ty.as_ref().clone(),
                    flat: attrs.iter().any(|attribute| attribute.path().is_ident("server")),
                }),
                other => Err(Error::new(other.span(), "an argument must be a plain identifier: it becomes a field of the input")),
            },
            FnArg::Receiver(receiver) => Err(Error::new(receiver.span(), "an operation must be a plain function")),
        }
    }
}

/// `T` of `Result<T, AppError>`.
fn output(returned: &ReturnType) -> Result<&Type> {
    let wrong = || Error::new(returned.span(), "an operation must return a Result<T, AppError>");
    let ReturnType::Type(_, ty) = returned else { return Err(wrong()) };
    let Type::Path(path) = ty.as_ref() else { return Err(wrong()) };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Result").ok_or_else(wrong)?;
    let syn::PathArguments::AngleBracketed(inside) = &last.arguments else { return Err(wrong()) };
    match inside.args.first() {
        Some(syn::GenericArgument::Type(ty)) => Ok(ty),
        _ => Err(wrong()),
    }
}

/// Whether the field is optional.
fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == "Option"))
}

/// The doc comment as one line.
fn summary(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
