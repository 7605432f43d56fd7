//! Has a CA issue one certificate for these names, by HTTP on a port of the loopback; for `bench/certificates`. Without names it opens the account.
//! `issue_certificate DIRECTORY ROOT PORT ACCOUNT [NAME ..]`

use anyhow::{Context, Result};
use mpanel_adapters::acme::{AccountKey, AcmeAuthority, AcmeConfig, CertificateAuthority, PlacedOrder, SigningRequest, read_chain};
use std::{collections::HashMap, fs, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [directory, root, port, account, names @ ..] = words.as_slice() else { anyhow::bail!("DIRECTORY ROOT PORT ACCOUNT [NAME ..]") };
    let config = AcmeConfig {
        directory_url: directory.clone(),
        contact: "ops@hosting.example".to_owned(),
        external_account: None,
        caa_identities: Vec::new(),
    };
    let authority = AcmeAuthority::new(config, Some(&fs::read_to_string(root)?))?;
    if names.is_empty() {
        return Ok(fs::write(account, authority.open_account().await?.expose())?);
    }
    let account = AccountKey::new(fs::read_to_string(account)?);
    let order = authority.order(&account, names, &[], None).await?;
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    let answering = tokio::spawn(answer(listener, Arc::new(answers(&order))));
    authority.validate(&account, &order.url, &[]).await?;
    answering.abort();
    let request = SigningRequest::new()?;
    let chain = authority.finalize(&account, &order.url, &request.request(names)?).await?;
    let issued = read_chain(&chain)?;
    anyhow::ensure!(
        issued.has_key(&request) && issued.covers(names.iter().map(String::as_str)),
        "another certificate than the one that was asked for"
    );
    println!("{}", issued.fingerprint);
    Ok(())
}

/// Path and answer.
fn answers(order: &PlacedOrder) -> HashMap<String, String> {
    order.challenges.iter().map(|one| (format!("/.well-known/acme-challenge/{}", one.token), one.answer.clone())).collect()
}

async fn answer(listener: TcpListener, answers: Arc<HashMap<String, String>>) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let answers = Arc::clone(&answers);
        tokio::spawn(async move { one(stream, &answers).await });
    }
}

async fn one(stream: TcpStream, answers: &HashMap<String, String>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let path = line.split(' ').nth(1).context("no path")?;
    let text = answers.get(path).map(String::as_str).unwrap_or_default();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
    stream.write_all(format!("{head}{text}").as_bytes()).await?;
    Ok(())
}
