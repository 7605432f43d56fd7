//! Files as banks make them.

/// Version 02, of entries with reference, indicator, status, amount and text.
pub fn camt_02(entries: &[(&str, &str, &str, &str, &str)]) -> String {
    let entries: String = entries
        .iter()
        .map(|(reference, indicator, status, amount, text)| {
            format!(
                "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{indicator}</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>2027-04-01</Dt></BookgDt>
                 <ValDt><Dt>2027-04-02</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
                 <RltdPties><Dbtr><Nm>Anna Baker</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
            )
        })
        .collect();
    document("02", &entries)
}

/// An entry of version 08.
pub fn entry_08(reference: &str, amount: &str, currency: &str, text: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"{currency}\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>2027-04-01T10:00:00Z</DtTm></BookgDt>
         <AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls><Amt Ccy=\"{currency}\">{amount}</Amt>
         <RltdPties><Dbtr><Pty><Nm>Anna Baker</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
}

/// An entry by which the bank takes a payment back, as version 08 says it.
pub fn reversal_08(reference: &str, amount: &str, payer: &str, text: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts>
         <BookgDt><Dt>2027-04-03</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls><Amt Ccy=\"EUR\">{amount}</Amt>
         <RltdPties><Dbtr><Pty><Nm>{payer}</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
}

/// Version 08.
pub fn camt_08(entries: &[String]) -> String {
    document("08", &entries.concat())
}

fn document(version: &str, entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}\"><BkToCstmrStmt><GrpHdr/>
         <Stmt><Acct><Id><IBAN>DE02 1203 0000 0000 2020 51</IBAN></Id></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

/// As German banks write it: lines above the header, two payments that say the same, one that is pending, one that went out.
pub const CSV: &str = "Girokonto;DE02120300000000202051\r\n\r\n\
Buchungstag;Valuta;Beguenstigter/Zahlungspflichtiger;Verwendungszweck;Betrag;Währung;Info\r\n\
01.04.2027;01.04.2027;\"Anna \"\"B.\"\"; Baker\";\"INV-2027-\r\n00002; danke\";10,00;EUR;Umsatz gebucht\r\n\
01.04.2027;01.04.2027;Bert;ohne Nummer;0,50;EUR;Umsatz gebucht\r\n\
01.04.27;01.04.2027;Bert;ohne Nummer;0,50;EUR;Umsatz gebucht\r\n\
01.04.2027;01.04.2027;Carl;INV-2027-00002;0,10;EUR;Umsatz vorgemerkt\r\n\
02.04.2027;02.04.2027;Miete;Miete;-1.000,00;EUR;Umsatz gebucht\r\n";
