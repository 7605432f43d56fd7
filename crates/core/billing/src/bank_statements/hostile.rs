//! What must hold of every statement, whoever has made its file. The fuzz targets run these too.

use super::read::{Columns, CsvFormat, MAX_ACCOUNT_CHARS, MAX_NAME_CHARS, MAX_REFERENCE_CHARS, MAX_TEXT_CHARS, ReadError, Statement, read};
use model::{
    billing::bank_statements::{AmountFormat, DateFormat},
    money::{Currency, Money},
};

/// How a file is read that says nothing itself.
fn format(dates: DateFormat, amounts: AmountFormat) -> CsvFormat {
    CsvFormat { account: "DE02".to_owned(), currency: Currency::Eur, dates, amounts, columns: Columns::default() }
}

/// Any file: refused with words on a field, or all of it makes sense.
pub fn file(bytes: &[u8]) {
    for dates in DateFormat::ALL {
        for amounts in AmountFormat::ALL {
            sound(&read(bytes, &format(*dates, *amounts)));
        }
    }
}

fn sound(read: &Result<Statement, ReadError>) {
    let statement = match read {
        Ok(statement) => statement,
        Err(error) => return assert!(!error.field.is_empty() && !error.message.is_empty() && !error.message.contains('\0')),
    };
    let plain = |text: &str, longest: usize| text.chars().count() <= longest && !text.chars().any(char::is_control);
    for entry in &statement.entries {
        assert!(entry.amount.minor > 0, "{entry:?}");
        assert!(!entry.account.is_empty() && plain(&entry.account, MAX_ACCOUNT_CHARS), "{entry:?}");
        assert!(plain(&entry.text, MAX_TEXT_CHARS) && plain(&entry.counterparty, MAX_NAME_CHARS), "{entry:?}");
        assert!(entry.reference.as_ref().is_none_or(|reference| !reference.is_empty() && plain(reference, MAX_REFERENCE_CHARS + 6)), "{entry:?}");
    }
}

/// A CAMT.053 file with these texts at its places, and an amount that is what it says.
pub fn camt(version: bool, minor: u32, texts: [&str; 4]) {
    // What XML can carry: <https://www.w3.org/TR/xml/#charsets>.
    let carries = |c: char| !"&<>\u{fffe}\u{ffff}".contains(c) && (c >= ' ' || "\t\n\r".contains(c));
    let [amount, status, reference, text] = texts.map(|text| text.chars().map(|c| if carries(c) { c } else { ' ' }).collect::<String>());
    let version = if version { "02" } else { "08" };
    let entry = |amount: &str, status: &str, text: &str| {
        format!(
            "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>2026-11-30</Dt></BookgDt>\
             <AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )
    };
    let document = |entry: &str| {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}\"><BkToCstmrStmt><Stmt><Acct><Id><IBAN>DE02</IBAN></Id></Acct>\
             {entry}</Stmt></BkToCstmrStmt></Document>"
        )
    };
    let of = |text: &str| read(text.as_bytes(), &format(DateFormat::Iso, AmountFormat::Point));
    sound(&of(&document(&entry(&amount, &status, &text))));
    let exact = format!("{}.{:02}", minor / 100, minor % 100);
    let found = of(&document(&entry(&exact, "BOOK", &text)));
    let Ok(statement) = found else { panic!("{found:?}") };
    let amounts: Vec<Money> = statement.entries.iter().map(|entry| entry.amount).collect();
    let expected: Vec<Money> = (minor > 0).then(|| Money::new(minor.into(), Currency::Eur)).into_iter().collect();
    assert_eq!(amounts, expected, "{exact}");
}

/// A CSV file that was written as it should be: what was written is what is read.
pub fn csv(minor: u32, is_comma: bool, texts: [&str; 2]) {
    let [text, name] = texts.map(|text| text.replace('\0', " "));
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let (delimiter, amounts, exact) = match is_comma {
        true => (';', AmountFormat::Comma, format!("{},{:02}", minor / 100, minor % 100)),
        false => (',', AmountFormat::Point, format!("{}.{:02}", minor / 100, minor % 100)),
    };
    let fields = ["2026-11-30", &exact, &quoted(&text), &quoted(&name)].join(&delimiter.to_string());
    let header = ["Date", "Amount", "Text", "Name"].join(&delimiter.to_string());
    let found = read(format!("{header}\n{fields}\n").as_bytes(), &format(DateFormat::Iso, amounts));
    sound(&found);
    let Ok(statement) = found else { panic!("{found:?}") };
    match statement.entries.as_slice() {
        [] => assert_eq!((minor, statement.skipped), (0, 1)),
        [entry] => {
            assert_eq!(entry.amount, Money::new(minor.into(), Currency::Eur));
            let words = |text: &str| text.split_whitespace().collect::<String>().chars().filter(|sign| !sign.is_control()).collect::<String>();
            assert!(words(&text).starts_with(&words(&entry.text)), "{entry:?}");
        }
        _ => panic!("{statement:?}"),
    }
}
