//! The way to a registry: TLS over TCP (RFC 5734).

use super::EppConfig;
use anyhow::Context;
use async_trait::async_trait;
use instant_epp::{Error, connection::Connector};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use std::{sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Connects to one registry.
#[derive(Clone)]
pub(in crate::registrar) struct TlsConnector {
    host: String,
    port: u16,
    name: ServerName<'static>,
    tls: tokio_rustls::TlsConnector,
}

impl TlsConnector {
    pub(super) fn new(config: &EppConfig) -> anyhow::Result<Self> {
        let name = ServerName::try_from(config.host.clone()).context("the registry's host name cannot be read")?;
        Ok(Self { host: config.host.clone(), port: config.port, name, tls: Arc::new(client(config)?).into() })
    }
}

fn client(config: &EppConfig) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match &config.root {
        Some(root) => {
            let mut roots = RootCertStore::empty();
            for root in CertificateDer::pem_slice_iter(root.as_bytes()) {
                roots.add(root.context("the registry's root certificate cannot be read")?)?;
            }
            builder.with_root_certificates(roots)
        }
        None => builder.with_platform_verifier()?,
    };
    let Some((chain, key)) = &config.identity else { return Ok(builder.with_no_client_auth()) };
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).context("the key for the registry cannot be read")?;
    Ok(builder.with_client_auth_cert(chain.context("the certificate for the registry cannot be read")?, key)?)
}

#[async_trait]
impl Connector for TlsConnector {
    type Connection = TlsStream<TcpStream>;

    async fn connect(&self, timeout: Duration) -> Result<Self::Connection, Error> {
        let connecting = async {
            let tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
            tcp.set_nodelay(true)?;
            self.tls.connect(self.name.clone(), tcp).await
        };
        match tokio::time::timeout(timeout, connecting).await {
            Ok(connected) => Ok(connected?),
            Err(_) => Err(Error::Timeout),
        }
    }
}
