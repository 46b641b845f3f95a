"""Where to complain: the supervisory authorities of the EU and the EEA (Art. 77), named in every refusal.

Pure. After DPV 2.3 `legal/<cc>/`, with its errors put right: the Croatian homepage is the Croatian one,
Baden-Württemberg is listed, every link is https. Names are proper names and are not translated.
"""

from __future__ import annotations

from dataclasses import dataclass

from portals_core.plumbing.errors import BadInput


def _(sentence: str) -> str:
    """Marks a sentence for translation; whoever shows it calls gettext."""
    return sentence


@dataclass(frozen=True, slots=True)
class Authority:
    """One supervisory authority; `region` is the part of the ISO code after the dash, if it has one."""

    country: str
    short: str
    name: str
    url: str
    region: str = ""


NATIONAL: tuple[Authority, ...] = (
    Authority("AT", "DSB", "Österreichische Datenschutzbehörde", "https://www.dsb.gv.at/"),
    Authority("BE", "APD/GBA", "Data Protection Authority", "https://www.dataprotectionauthority.be/"),
    Authority("BG", "CPDP", "Commission for Personal Data Protection", "https://www.cpdp.bg/"),
    Authority("CY", "", "Commissioner for Personal Data Protection", "https://www.dataprotection.gov.cy/"),
    Authority("CZ", "ÚOOÚ", "Office for Personal Data Protection", "https://uoou.gov.cz/"),
    Authority(
        "DE",
        "BfDI",
        "Bundesbeauftragte für den Datenschutz und die Informationsfreiheit",
        "https://www.bfdi.bund.de/",
    ),
    Authority("DK", "", "Datatilsynet", "https://www.datatilsynet.dk/"),
    Authority("EE", "AKI", "Andmekaitse Inspektsioon", "https://www.aki.ee/"),
    Authority("ES", "AEPD", "Agencia Española de Protección de Datos", "https://www.aepd.es/"),
    Authority("FI", "", "Office of the Data Protection Ombudsman", "https://tietosuoja.fi/"),
    Authority("FR", "CNIL", "Commission nationale de l'informatique et des libertés", "https://www.cnil.fr/"),
    Authority("GR", "HDPA", "Hellenic Data Protection Authority", "https://www.dpa.gr/"),
    Authority("HR", "AZOP", "Agencija za zaštitu osobnih podataka", "https://azop.hr/"),
    Authority("HU", "NAIH", "Nemzeti Adatvédelmi és Információszabadság Hatóság", "https://www.naih.hu/"),
    Authority("IE", "DPC", "Data Protection Commission", "https://www.dataprotection.ie/"),
    Authority("IS", "", "Persónuvernd", "https://www.personuvernd.is/"),
    Authority(
        "IT", "Garante", "Garante per la protezione dei dati personali", "https://www.garanteprivacy.it/"
    ),
    Authority("LI", "", "Datenschutzstelle", "https://www.datenschutzstelle.li/"),
    Authority("LT", "VDAI", "Valstybinė duomenų apsaugos inspekcija", "https://vdai.lrv.lt/"),
    Authority("LU", "CNPD", "Commission nationale pour la protection des données", "https://cnpd.public.lu/"),
    Authority("LV", "DVI", "Datu valsts inspekcija", "https://www.dvi.gov.lv/"),
    Authority(
        "MT", "IDPC", "Office of the Information and Data Protection Commissioner", "https://idpc.org.mt/"
    ),
    Authority("NL", "AP", "Autoriteit Persoonsgegevens", "https://www.autoriteitpersoonsgegevens.nl/"),
    Authority("NO", "", "Datatilsynet", "https://www.datatilsynet.no/"),
    Authority("PL", "UODO", "Urząd Ochrony Danych Osobowych", "https://uodo.gov.pl/"),
    Authority("PT", "CNPD", "Comissão Nacional de Proteção de Dados", "https://www.cnpd.pt/"),
    Authority(
        "RO",
        "ANSPDCP",
        "Autoritatea Națională de Supraveghere a Prelucrării Datelor cu Caracter Personal",
        "https://www.dataprotection.ro/",
    ),
    Authority("SE", "IMY", "Integritetsskyddsmyndigheten", "https://www.imy.se/"),
    Authority("SI", "IP", "Informacijski pooblaščenec", "https://www.ip-rs.si/"),
    Authority("SK", "ÚOOÚ", "Úrad na ochranu osobných údajov", "https://dataprotection.gov.sk/"),
)
_LANDESBEAUFTRAGTE = "Landesbeauftragte für den Datenschutz und die Informationsfreiheit"
#: Competent for companies seated in the Land; Bavaria has a second one for public bodies.
LAND: tuple[Authority, ...] = (
    Authority(
        "DE",
        "LDA Brandenburg",
        "Landesbeauftragte für den Datenschutz und für das Recht auf Akteneinsicht Brandenburg",
        "https://www.lda.brandenburg.de/",
        "BB",
    ),
    Authority(
        "DE",
        "BlnBDI",
        "Berliner Beauftragte für Datenschutz und Informationsfreiheit",
        "https://www.datenschutz-berlin.de/",
        "BE",
    ),
    Authority(
        "DE",
        "LfDI BW",
        f"{_LANDESBEAUFTRAGTE} Baden-Württemberg",
        "https://www.baden-wuerttemberg.datenschutz.de/",
        "BW",
    ),
    Authority(
        "DE", "BayLDA", "Bayerisches Landesamt für Datenschutzaufsicht", "https://www.lda.bayern.de/", "BY"
    ),
    Authority(
        "DE",
        "LfDI Bremen",
        f"{_LANDESBEAUFTRAGTE} der Freien Hansestadt Bremen",
        "https://www.datenschutz.bremen.de/",
        "HB",
    ),
    Authority(
        "DE",
        "HBDI",
        "Der Hessische Beauftragte für Datenschutz und Informationsfreiheit",
        "https://datenschutz.hessen.de/",
        "HE",
    ),
    Authority(
        "DE",
        "HmbBfDI",
        "Hamburgischer Beauftragter für Datenschutz und Informationsfreiheit",
        "https://datenschutz-hamburg.de/",
        "HH",
    ),
    Authority(
        "DE",
        "LfDI MV",
        "Landesbeauftragter für Datenschutz und Informationsfreiheit Mecklenburg-Vorpommern",
        "https://www.datenschutz-mv.de/",
        "MV",
    ),
    Authority(
        "DE",
        "LfD Niedersachsen",
        "Landesbeauftragter für den Datenschutz Niedersachsen",
        "https://www.lfd.niedersachsen.de/",
        "NI",
    ),
    Authority(
        "DE",
        "LDI NRW",
        "Landesbeauftragte für Datenschutz und Informationsfreiheit Nordrhein-Westfalen",
        "https://www.ldi.nrw.de/",
        "NW",
    ),
    Authority(
        "DE",
        "LfDI RLP",
        f"{_LANDESBEAUFTRAGTE} Rheinland-Pfalz",
        "https://www.datenschutz.rlp.de/",
        "RP",
    ),
    Authority(
        "DE",
        "ULD",
        "Unabhängiges Landeszentrum für Datenschutz Schleswig-Holstein",
        "https://www.datenschutzzentrum.de/",
        "SH",
    ),
    Authority(
        "DE",
        "UDZ Saarland",
        "Unabhängiges Datenschutzzentrum Saarland",
        "https://www.datenschutz.saarland.de/",
        "SL",
    ),
    Authority(
        "DE",
        "SDTB",
        "Sächsische Datenschutz- und Transparenzbeauftragte",
        "https://www.datenschutz.sachsen.de/",
        "SN",
    ),
    Authority(
        "DE",
        "LfD Sachsen-Anhalt",
        "Landesbeauftragte für den Datenschutz Sachsen-Anhalt",
        "https://datenschutz.sachsen-anhalt.de/",
        "ST",
    ),
    Authority(
        "DE",
        "TLfDI",
        "Thüringer Landesbeauftragter für den Datenschutz und die Informationsfreiheit",
        "https://www.tlfdi.de/",
        "TH",
    ),
)
_BY_COUNTRY = {authority.country: authority for authority in NATIONAL}
_BY_LAND = {authority.region: authority for authority in LAND}


def authority(country: str, subdivision: str = "") -> Authority:
    """The authority to name for a company established in `country`; in Germany that of the Land, if given.

    Accepts "DE" with "BY" and "DE-BY". Regional authorities elsewhere (Spain has three) watch public bodies
    only, so the national one is named. Raises `BadInput` outside the EU and the EEA.
    """
    state, _dash, region = country.strip().upper().partition("-")
    land = region or subdivision.strip().upper().removeprefix(f"{state}-")
    if state == "DE" and land in _BY_LAND:
        return _BY_LAND[land]
    if state not in _BY_COUNTRY:
        raise BadInput(
            _("No supervisory authority is known for this country. Name one of the EU or the EEA."),
            code="authority.country",
            detail=f"country {country!r}",
        )
    return _BY_COUNTRY[state]
