//! An issuer's set of public keys (RFC 7517 §5), and which of them may check what.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::compact::decode;
use super::json::{self, Object};

/// A signature algorithm and the one kind of key that it goes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// Its name in tokens and settings.
    pub(super) name: &'static str,
    pub(super) algorithm: Algorithm,
    kind: KeyKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
}

/// What can be allowed (RFC 7518 §3.1): no `none`, and nothing with a shared secret.
const SIGNATURES: &[Signature] = &[
    Signature { name: "RS256", algorithm: Algorithm::RS256, kind: KeyKind::Rsa },
    Signature { name: "RS384", algorithm: Algorithm::RS384, kind: KeyKind::Rsa },
    Signature { name: "RS512", algorithm: Algorithm::RS512, kind: KeyKind::Rsa },
    Signature { name: "PS256", algorithm: Algorithm::PS256, kind: KeyKind::Rsa },
    Signature { name: "PS384", algorithm: Algorithm::PS384, kind: KeyKind::Rsa },
    Signature { name: "PS512", algorithm: Algorithm::PS512, kind: KeyKind::Rsa },
    Signature { name: "ES256", algorithm: Algorithm::ES256, kind: KeyKind::P256 },
    Signature { name: "ES384", algorithm: Algorithm::ES384, kind: KeyKind::P384 },
];

/// The sizes that RFC 7518 §3.3 asks for and the library can check.
const SMALLEST_MODULUS_BITS: usize = 2048;
const LARGEST_MODULUS_BITS: usize = 8192;

/// Members that only a private or a shared key has (RFC 7518 §6).
const SECRET_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The algorithm of exactly this name, if `allowed` names it too.
pub(super) fn allowed_signature(name: &str, allowed: &[String]) -> Option<Signature> {
    let known = SIGNATURES.iter().find(|signature| signature.name == name)?;
    allowed.iter().any(|allowed| allowed == name).then_some(*known)
}

/// An issuer's keys.
pub(super) struct KeySet(Vec<Key>);

struct Key {
    id: Option<String>,
    /// The one algorithm that it says it is for.
    algorithm: Option<String>,
    /// Its kind and material, or why it cannot check signatures.
    usable: Result<(KeyKind, Material), &'static str>,
}

enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    EllipticCurve { x: String, y: String },
}

/// Why no key was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The set has none of this name; a newer set may.
    Unknown,
    /// The set has it, and it must not be used for this.
    Unusable(&'static str),
}

impl KeySet {
    /// Reads a set. A key that cannot check signatures stays in it, unusable: sets hold keys for other uses too.
    ///
    /// # Errors
    /// What makes the set as a whole ambiguous or unreadable.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let set = json::object(bytes).ok_or("they are not a JSON object without duplicate members")?;
        let Some(Value::Array(items)) = set.get("keys") else {
            return Err("the document has no list of keys");
        };
        let keys: Vec<_> = items.iter().map(Key::parse).collect::<Result<_, _>>()?;
        for (place, key) in keys.iter().enumerate() {
            if key.id.is_some() && keys[..place].iter().any(|earlier| earlier.id == key.id) {
                return Err("two of them have the same kid");
            }
        }
        Ok(Self(keys))
    }

    /// The key that checks a token: the one of its name, or, for a token that names none, the only usable one.
    pub(super) fn find(
        &self,
        id: Option<&str>,
        signature: Signature,
        allowed: &[String],
    ) -> Result<DecodingKey, NoKey> {
        let key = match id {
            Some(id) => self.0.iter().find(|key| key.id.as_deref() == Some(id)).ok_or(NoKey::Unknown)?,
            None => {
                let mut usable = self.0.iter().filter(|key| key.usable.is_ok());
                match (usable.next(), usable.next()) {
                    (Some(only), None) => only,
                    _ => return Err(NoKey::Unusable("the token names no key, and there is not exactly one")),
                }
            }
        };
        key.decoding_key(signature, allowed).map_err(NoKey::Unusable)
    }
}

impl Key {
    fn parse(value: &Value) -> Result<Self, &'static str> {
        let key = value.as_object().ok_or("one of them is no object")?;
        let text = |name| match key.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(|text| Some(text.to_owned())).ok_or("a kid or alg is no text"),
        };
        Ok(Self { id: text("kid")?, algorithm: text("alg")?, usable: material(key) })
    }

    /// One key, one algorithm (RFC 8725 §3.1): the one it names, or the only allowed one that goes with its kind.
    fn decoding_key(&self, signature: Signature, allowed: &[String]) -> Result<DecodingKey, &'static str> {
        let (kind, material) = self.usable.as_ref().map_err(|reason| *reason)?;
        if *kind != signature.kind {
            return Err("the key is of another kind than the algorithm needs");
        }
        match &self.algorithm {
            Some(own) if own == signature.name => {}
            Some(_) => return Err("the key is for another algorithm"),
            None => {
                let fitting = allowed.iter().filter_map(|name| allowed_signature(name, allowed));
                if fitting.filter(|other| other.kind == *kind).any(|other| other != signature) {
                    return Err("the key names no algorithm, and several allowed ones go with it");
                }
            }
        }
        match material {
            Material::Rsa { modulus, exponent } => {
                Ok(DecodingKey::from_rsa_raw_components(modulus, exponent))
            }
            Material::EllipticCurve { x, y } => {
                DecodingKey::from_ec_components(x, y).map_err(|_| "its coordinates are unreadable")
            }
        }
    }
}

fn material(key: &Object) -> Result<(KeyKind, Material), &'static str> {
    if SECRET_MEMBERS.iter().any(|member| key.contains_key(*member)) {
        return Err("it holds private or shared material");
    }
    if key.get("use").is_some_and(|usage| usage != "sig") {
        return Err("it is not for signatures");
    }
    let verifies = |operations: &Value| {
        operations
            .as_array()
            .is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
    };
    if key.get("key_ops").is_some_and(|operations| !verifies(operations)) {
        return Err("it is not for checking signatures");
    }
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    match (text("kty"), text("crv")) {
        (Some("RSA"), None) => Ok((KeyKind::Rsa, rsa_material(text("n"), text("e"))?)),
        (Some("EC"), Some("P-256")) => Ok((KeyKind::P256, ec_material(text("x"), text("y"), 32)?)),
        (Some("EC"), Some("P-384")) => Ok((KeyKind::P384, ec_material(text("x"), text("y"), 48)?)),
        _ => Err("it is of a kind that is not supported"),
    }
}

fn rsa_material(n: Option<&str>, e: Option<&str>) -> Result<Material, &'static str> {
    let number = |text: Option<&str>| {
        let bytes = decode(text?)?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(bytes[zeros..].to_vec())
    };
    let (Some(modulus), Some(exponent)) = (number(n), number(e)) else {
        return Err("its modulus or exponent is unreadable");
    };
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if !(SMALLEST_MODULUS_BITS..=LARGEST_MODULUS_BITS).contains(&bits) {
        return Err("its modulus must have 2048 to 8192 bits");
    }
    let is_odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    if !is_odd || exponent == [1] {
        return Err("its exponent must be odd and at least 3");
    }
    Ok(Material::Rsa { modulus, exponent })
}

fn ec_material(x: Option<&str>, y: Option<&str>, bytes: usize) -> Result<Material, &'static str> {
    let coordinate = |text: Option<&str>| {
        let text = text?;
        (decode(text)?.len() == bytes).then(|| text.to_owned())
    };
    match (coordinate(x), coordinate(y)) {
        (Some(x), Some(y)) => Ok(Material::EllipticCurve { x, y }),
        _ => Err("its coordinates do not have the length of its curve"),
    }
}
