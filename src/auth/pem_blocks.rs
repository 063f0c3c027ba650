//! Tells what a file given as private key really holds. People hand over certificates, public keys, one-line texts
//! out of CI variables; each gets a sentence of its own, so that nobody has to guess what "invalid key" means.

use zeroize::Zeroizing;

use super::Error;

/// One PEM block: its label and its decoded bytes.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) contents: Zeroizing<Vec<u8>>,
    pub(super) has_cipher_header: bool,
}

/// Something that is no usable key: how it is recognized, what it is, what to do.
type Mistake = (&'static str, &'static str, &'static str);

const UPLOAD_NEW: &str = "make an RSA key with `seatledger keygen` and upload its certificate to the app";
const NAME_PRIVATE_KEY: &str = "name the private key that belongs to it";
const EXPORT_PEM: &str = "export the key as PEM, which starts with `-----BEGIN PRIVATE KEY-----`";
const COPY_AGAIN: &str = "copy the whole key again, from `-----BEGIN` to the end of the `-----END` line";

/// By PEM label.
const LABELS: &[Mistake] = &[
    ("CERTIFICATE", "is a certificate, not a private key", NAME_PRIVATE_KEY),
    ("TRUSTED CERTIFICATE", "is a certificate, not a private key", NAME_PRIVATE_KEY),
    ("CERTIFICATE REQUEST", "is a certificate request, not a private key", NAME_PRIVATE_KEY),
    ("NEW CERTIFICATE REQUEST", "is a certificate request, not a private key", NAME_PRIVATE_KEY),
    ("PUBLIC KEY", "is a public key, not a private key", NAME_PRIVATE_KEY),
    ("RSA PUBLIC KEY", "is a public key, not a private key", NAME_PRIVATE_KEY),
    ("EC PRIVATE KEY", "is an EC key, and Salesforce accepts only RSA", UPLOAD_NEW),
    ("EC PARAMETERS", "is an EC key, and Salesforce accepts only RSA", UPLOAD_NEW),
    ("DSA PRIVATE KEY", "is a DSA key, and Salesforce accepts only RSA", UPLOAD_NEW),
    (
        "OPENSSH PRIVATE KEY",
        "is a key in OpenSSH's own format",
        "convert a copy of it with `ssh-keygen -p -m PKCS8 -f COPY`",
    ),
];

/// By the object identifier of a PKCS#8 key (RFC 5480, 8410, 4055; RFC 3279).
pub(super) const ALGORITHMS: &[Mistake] = &[
    ("1.2.840.10045.2.1", "is an EC key, and Salesforce accepts only RSA", UPLOAD_NEW),
    ("1.3.101.112", "is an Ed25519 key, and Salesforce accepts only RSA", UPLOAD_NEW),
    ("1.3.101.113", "is an Ed448 key, and Salesforce accepts only RSA", UPLOAD_NEW),
    ("1.2.840.10040.4.1", "is a DSA key, and Salesforce accepts only RSA", UPLOAD_NEW),
    (
        "1.2.840.113549.1.1.10",
        "is a key for RSA-PSS signatures only, and an assertion is signed with RS256",
        UPLOAD_NEW,
    ),
];

/// By the first characters of text without a PEM block.
const TEXT_STARTS: &[Mistake] = &[
    (
        "PuTTY-User-Key-File",
        "is a key in PuTTY's own format",
        "export it in PuTTYgen with Conversions, Export OpenSSH key, and convert that to PKCS#8",
    ),
    ("ssh-", "is a public key of OpenSSH, not a private key", NAME_PRIVATE_KEY),
    ("{", "is JSON, not a PEM key", EXPORT_PEM),
];

/// By the first bytes of a file that is not text.
const BINARY_STARTS: &[(&[u8], &str, &str)] = &[
    (&[0xff, 0xfe], "is UTF-16 text", "save it as UTF-8 or ASCII"),
    (&[0xfe, 0xff], "is UTF-16 text", "save it as UTF-8 or ASCII"),
    (
        &[0xfe, 0xed, 0xfe, 0xed],
        "is a Java keystore",
        "take the key out with `keytool -importkeystore -deststoretype PKCS12` and then `openssl pkcs12 -nocerts`",
    ),
    (
        &[0x30],
        "is in binary form (DER or PKCS#12), not PEM",
        "convert it with `openssl pkey -inform DER -in FILE -out NEW.key`, or a .p12 or .pfx file with \
         `openssl pkcs12 -in FILE -nocerts -out NEW.key`",
    ),
];

/// The one private key block in `text`; blocks and text around it are passed over.
///
/// # Errors
/// [`Error::NotUsable`] says what the text is instead and what to do about it.
pub(super) fn private_key_block(text: &[u8], origin: &str) -> Result<Block, Error> {
    let refuse = |found, remedy| Err(not_usable(origin, found, remedy));
    if text.iter().all(u8::is_ascii_whitespace) {
        return refuse("is empty", "write the PEM private key there");
    }
    let Ok(text) = std::str::from_utf8(text) else {
        let known = BINARY_STARTS.iter().find(|(start, ..)| text.starts_with(start));
        return known.map_or_else(
            || refuse("is neither text nor a key", EXPORT_PEM),
            |(_, found, remedy)| refuse(found, remedy),
        );
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.contains("-----BEGIN") && text.contains("\\n") {
        return refuse(
            "has the two characters \\n where its lines should end",
            "store the key with real line ends, for instance through `printf '%b'`",
        );
    }
    if !text.contains("-----BEGIN ") {
        let known = TEXT_STARTS.iter().find(|(start, ..)| text.starts_with(start));
        return known.map_or_else(
            || refuse("holds no PEM block", EXPORT_PEM),
            |(_, found, remedy)| refuse(found, remedy),
        );
    }
    // The parser's own errors may quote the text.
    let Ok(blocks) = pem::parse_many(text) else {
        return refuse("is a damaged PEM text", COPY_AGAIN);
    };
    let Some(first_label) = blocks.first().map(|block| block.tag().to_owned()) else {
        return refuse("has a BEGIN line and no END line, so a part is missing", COPY_AGAIN);
    };
    let mut keys = blocks.into_iter().filter(|block| block.tag().ends_with("PRIVATE KEY"));
    match (keys.next(), keys.next()) {
        (Some(_), Some(_)) => refuse("holds more than one private key", "keep only the one that signs"),
        (Some(key), None) => match mistake(LABELS, key.tag()) {
            Some((_, found, remedy)) => refuse(found, remedy),
            None => Ok(Block {
                label: key.tag().to_owned(),
                has_cipher_header: key.headers().get("DEK-Info").is_some(),
                contents: Zeroizing::new(key.into_contents()),
            }),
        },
        (None, _) => match mistake(LABELS, &first_label) {
            Some((_, found, remedy)) => refuse(found, remedy),
            None => refuse("holds a PEM block that is no private key", EXPORT_PEM),
        },
    }
}

/// The row of `table` for exactly `name`.
pub(super) fn mistake(table: &'static [Mistake], name: &str) -> Option<&'static Mistake> {
    table.iter().find(|(known, ..)| *known == name)
}

pub(super) fn not_usable(origin: &str, found: &'static str, remedy: &'static str) -> Error {
    Error::NotUsable { origin: origin.to_owned(), found, remedy }
}

pub(super) fn damaged(origin: &str) -> Error {
    not_usable(origin, "looks like a private key but cannot be decoded", COPY_AGAIN)
}
