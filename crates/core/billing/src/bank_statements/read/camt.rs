//! CAMT.053 (ISO 20022), versions 02 and 08.

use super::super::matching::invoice_numbers;
use super::{
    Entry, MAX_ACCOUNT_CHARS, MAX_ENTRIES, MAX_NAME_CHARS, MAX_REFERENCE_CHARS, MAX_TEXT_CHARS, ReadError, Statement, clean, refused, values,
};
use model::{
    billing::bank_statements::DateFormat,
    money::{Currency, Money},
};
use roxmltree::{Document, Error, Node, ParsingOptions};

/// The document types that are read.
const NAMESPACES: &[&str] = &["urn:iso:std:iso:20022:tech:xsd:camt.053.001.02", "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"];
/// Most elements and texts of a file.
const MAX_NODES: u32 = 400_000;
/// What banks write where there is no reference.
const NO_REFERENCE: &[&str] = &["NONREF", "NOTPROVIDED", "NOT PROVIDED"];

pub(super) fn read(file: &[u8]) -> Result<Statement, ReadError> {
    let text = std::str::from_utf8(file).map_err(|_| refused("The XML file must be encoded in UTF-8."))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        Error::DtdDetected => refused("The XML file has a document type (DOCTYPE). Bank statements have none."),
        Error::NodesLimitReached => refused("The XML file has too many elements."),
        error => refused(format!("The XML file can't be read: {}.", clean(&error.to_string(), 200))),
    })?;
    let root = document.root_element();
    if root.tag_name().name() != "Document" || !root.tag_name().namespace().is_some_and(|namespace| NAMESPACES.contains(&namespace)) {
        return Err(refused("The XML file is no CAMT.053 statement of version 02 or 08."));
    }
    let mut read = Statement::default();
    let (mut statements, mut count) = (0, 0);
    for statement in children(root, "BkToCstmrStmt").flat_map(|message| children(message, "Stmt")) {
        statements += 1;
        let account = words(statement, &["Acct", "Id", "IBAN"]).or_else(|| words(statement, &["Acct", "Id", "Othr", "Id"]));
        let account = account.map(|account| account.split_whitespace().collect::<String>().to_uppercase());
        let account = account.filter(|account| account.chars().count() <= MAX_ACCOUNT_CHARS && !account.chars().any(char::is_control));
        let account = account.ok_or_else(|| refused(format!("Statement {statements} names no bank account.")))?;
        for node in children(statement, "Ntry") {
            count += 1;
            if count > MAX_ENTRIES {
                return Err(refused(format!("The file has more than {MAX_ENTRIES} entries. Export a shorter period.")));
            }
            match entries(node, &account).map_err(|what| refused(format!("Entry {count}: {what}")))? {
                Some(found) => read.entries.extend(found),
                None => read.skipped += 1,
            }
        }
    }
    if statements == 0 {
        return Err(refused("The file contains no statement."));
    }
    Ok(read)
}

/// The payments of an entry that came in or are taken back; nothing when it is neither.
fn entries(node: Node<'_, '_>, account: &str) -> Result<Option<Vec<Entry>>, String> {
    let is_credit = is_credit(node)?.ok_or("it says neither that money came in nor that it went out.")?;
    let status = words(node, &["Sts", "Cd"]).or_else(|| words(node, &["Sts"]));
    let is_booked = match status.as_deref() {
        Some("BOOK") => true,
        Some("PDNG" | "INFO" | "FUTR") => false,
        _ => return Err("its status is unknown.".to_owned()),
    };
    let is_reversal = match words(node, &["RvslInd"]).as_deref() {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => return Err("it may be a reversal.".to_owned()),
    };
    let Some(amount) = amount(child(node, "Amt").ok_or("it has no amount.")?)? else { return Ok(None) };
    // A reversal that brings money in gives back something that had gone out.
    if !is_booked || amount.minor == 0 || (is_credit && is_reversal) {
        return Ok(None);
    }
    let day = words(node, &["BookgDt", "Dt"]).or_else(|| words(node, &["BookgDt", "DtTm"]).and_then(|at| at.get(..10).map(str::to_owned)));
    let booked_on = day.and_then(|day| values::day(&day, DateFormat::Iso)).ok_or("its booking date is missing or wrong.")?;
    let reference = words(node, &["AcctSvcrRef"]).map(|reference| clean(&reference, MAX_REFERENCE_CHARS));
    let reference = reference.filter(|reference| !reference.is_empty() && !NO_REFERENCE.contains(&reference.to_uppercase().as_str()));
    let details: Vec<Node<'_, '_>> = children(node, "NtryDtls").flat_map(|details| children(details, "TxDtls")).collect();
    let is_returned = is_reversal || details.iter().any(|one| child(*one, "RtrInf").is_some());
    let entry = |reference: Option<String>, amount: Money, of: &[Node<'_, '_>]| {
        let text = of.iter().map(|one| remittance(*one)).collect::<Vec<_>>().join(" ");
        let text = if text.trim().is_empty() { words(node, &["AddtlNtryInf"]).unwrap_or_default() } else { text };
        let counterparty = of.iter().find_map(|one| payer(*one)).unwrap_or_default();
        Entry {
            account: account.to_owned(),
            reference,
            booked_on,
            amount,
            is_return: !is_credit,
            counterparty: clean(&counterparty, MAX_NAME_CHARS),
            text: clean(&text, MAX_TEXT_CHARS),
        }
    };
    let whole = entry(reference.clone(), amount, &details);
    if !is_credit && !is_returned && invoice_numbers(&whole.text).is_empty() {
        return Ok(None);
    }
    // Several payments that the bank has booked as one sum.
    if details.len() > 1
        && let Some(amounts) = parts(&details, amount, is_credit)?
    {
        let each = details.iter().zip(amounts).enumerate();
        let each = each
            .map(|(at, (one, part))| entry(reference.as_ref().map(|reference| format!("{reference}/{}", at + 1)), part, std::slice::from_ref(one)));
        return Ok(Some(each.collect()));
    }
    Ok(Some(vec![whole]))
}

/// The amounts of the payments in a batch, when they are what was booked.
fn parts(details: &[Node<'_, '_>], booked: Money, of_credit: bool) -> Result<Option<Vec<Money>>, String> {
    let mut amounts = Vec::new();
    let mut sum = Money::new(0, booked.currency);
    for one in details {
        let found = child(*one, "Amt").or_else(|| node_at(*one, &["AmtDtls", "TxAmt", "Amt"]));
        let Some(part) = found.map(amount).transpose()?.flatten() else { return Ok(None) };
        let Some(added) = sum.plus(part) else { return Ok(None) };
        if part.minor == 0 || is_credit(*one)?.is_some_and(|own| own != of_credit) {
            return Ok(None);
        }
        sum = added;
        amounts.push(part);
    }
    Ok((sum == booked).then_some(amounts))
}

/// Whether money came in, where that is said.
fn is_credit(node: Node<'_, '_>) -> Result<Option<bool>, String> {
    match words(node, &["CdtDbtInd"]).as_deref() {
        Some("CRDT") => Ok(Some(true)),
        Some("DBIT") => Ok(Some(false)),
        Some(_) => Err("it says neither that money came in nor that it went out.".to_owned()),
        None => Ok(None),
    }
}

/// An amount; nothing when nothing is invoiced in its currency.
fn amount(node: Node<'_, '_>) -> Result<Option<Money>, String> {
    let currency = node.attribute("Ccy").ok_or("its amount has no currency.")?;
    let Ok(currency) = currency.parse::<Currency>() else { return Ok(None) };
    let minor = values::minor(text_of(node).trim(), currency, '.', None).ok_or("its amount is wrong.")?;
    Ok(Some(Money::new(minor, currency)))
}

/// What the payer has said.
fn remittance(details: Node<'_, '_>) -> String {
    let free = children(details, "RmtInf").flat_map(|info| children(info, "Ustrd")).map(text_of);
    let structured = children(details, "RmtInf").flat_map(|info| children(info, "Strd"));
    let structured = structured.flat_map(|one| [words(one, &["CdtrRefInf", "Ref"]), words(one, &["AddtlRmtInf"])]).flatten();
    let end_to_end = words(details, &["Refs", "EndToEndId"]).filter(|id| !NO_REFERENCE.contains(&id.to_uppercase().as_str()));
    free.chain(structured).chain(end_to_end).collect::<Vec<_>>().join(" ")
}

fn payer(details: Node<'_, '_>) -> Option<String> {
    [["Dbtr", "Nm"].as_slice(), &["Dbtr", "Pty", "Nm"], &["UltmtDbtr", "Nm"], &["UltmtDbtr", "Pty", "Nm"]]
        .into_iter()
        .find_map(|path| words(child(details, "RltdPties")?, path))
}

/// Children of that name, in the namespace of their parent.
fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
    let namespace = node.tag_name().namespace().map(str::to_owned);
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name && child.tag_name().namespace() == namespace.as_deref())
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

fn node_at<'a, 'i>(node: Node<'a, 'i>, path: &[&'static str]) -> Option<Node<'a, 'i>> {
    path.iter().try_fold(node, |node, name| child(node, name))
}

/// What stands at the end of a path, if anything.
fn words(node: Node<'_, '_>, path: &[&'static str]) -> Option<String> {
    Some(text_of(node_at(node, path)?).trim().to_owned()).filter(|text| !text.is_empty())
}

/// All text of a node: a comment may stand in the middle of it.
fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter(|child| child.is_text()).filter_map(|child| child.text()).collect()
}
