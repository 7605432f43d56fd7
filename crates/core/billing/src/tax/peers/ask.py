"""Answers for each line of standard input: `rate CC` with pyvat's standard rate in hundredths of a percent, `treatment SELLER BUYER BUSINESS`
with what pyvat charges, `number TEXT` with what python-stdnum says about a VAT number."""
import datetime
import sys

import pyvat
from stdnum.eu import vat

ON = datetime.date(2026, 11, 30)


def rate(country):
    return int(pyvat.vat_rules.VAT_RULES[country].get_vat_rate(pyvat.ItemType.generic_electronic_service) * 100)


def treatment(seller, buyer, business):
    seller, buyer = pyvat.Party(seller, True), pyvat.Party(buyer, business == "business")
    charge = pyvat.get_sale_vat_charge(ON, pyvat.ItemType.generic_electronic_service, buyer, seller)
    return f"{charge.action.name} {charge.country_code}"


def number(text):
    return "valid" if vat.is_valid(text) else "invalid"


ASKED = {"rate": rate, "treatment": treatment, "number": number}
for line in sys.stdin:
    what, *rest = line.split()
    print(ASKED[what](*rest), flush=False)
