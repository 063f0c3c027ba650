"""Makes tokens with PyJWT, right and wrong, and writes them with the verdict that each must get.

usage: make_tokens.py OUTPUT.json
"""

import base64
import json
import sys

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

# The clock of the machine that checks them: 2026-01-02T03:04:05Z.
NOW = 1_767_323_045
ISSUER = "https://login.acme.example/oauth2/default"

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
P256_KEY = ec.generate_private_key(ec.SECP256R1())
P384_KEY = ec.generate_private_key(ec.SECP384R1())

CASES = []


def public_jwk(key, **members):
    algorithm = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    members = {"kid": "one", "use": "sig", **members}
    jwk = algorithm.to_jwk(key.public_key(), as_dict=True)
    jwk.pop("key_ops", None)
    return {name: value for name, value in {**jwk, **members}.items() if value is not None}


def claims(**changes):
    usual = {
        "iss": ISSUER,
        "aud": "seatledger",
        "sub": "00u-anna",
        "iat": NOW - 60,
        "exp": NOW + 600,
        "scp": ["usage:report"],
        "groups": ["license-analysts"],
        "org_id": "acme",
        "cid": "0oa1",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def signed(payload=None, key=RSA_KEY, algorithm="RS256", **headers):
    """Signs a payload as it is: an object, or bytes. PyJWT's own checks of claims stay out of the way."""
    if payload is None:
        payload = claims()
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    return jwt.PyJWS().encode(payload, key, algorithm=algorithm, headers={"kid": "one", **headers})


def with_header(header):
    """A header that PyJWT would not write, rightly signed with RS256."""
    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=")

    message = part(header) + b"." + part(claims())
    signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(message, RSA_KEY)
    return (message + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def case(name, expected, token, keys=None, algorithms=("RS256",)):
    keys = [public_jwk(RSA_KEY)] if keys is None else keys
    CASES.append({
        "name": name,
        "expected": expected,
        "token": token,
        "key_set": {"keys": keys},
        "algorithms": list(algorithms),
    })


def claim_case(name, expected, **changes):
    case(name, expected, signed(claims(**changes)))


# Every algorithm that can be allowed.
for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"):
    case(f"good {name}", "allowed", signed(algorithm=name), algorithms=[name])
case("good ES256", "allowed", signed(key=P256_KEY, algorithm="ES256"), [public_jwk(P256_KEY)], ["ES256"])
case("good ES384", "allowed", signed(key=P384_KEY, algorithm="ES384"), [public_jwk(P384_KEY)], ["ES384"])

# 2 to 4: algorithms.
case("2 none", "token_alg", signed(key=None, algorithm="none"))
for spelling in ("none", "None", "nOnE"):
    case(f"2 {spelling} with a signature", "token_alg", with_header({"alg": spelling, "kid": "one"}))
der = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
jwk_text = json.dumps(public_jwk(RSA_KEY)).encode()
case("3 HS256 with the DER", "token_alg", signed(key=der, algorithm="HS256"))
case("3 HS256 with the JWK", "token_alg", signed(key=jwk_text, algorithm="HS256"))
case("4 PS256", "token_alg", signed(algorithm="PS256"))

# 5 to 7: headers.
case("5 jwk", "token_header", signed(key=OTHER_KEY, jwk=public_jwk(OTHER_KEY)))
case("5 jku", "token_header", signed(key=OTHER_KEY, jku="http://169.254.169.254/keys"))
case("5 x5u", "token_header", signed(key=OTHER_KEY, x5u="https://evil.example/cert"))
case("6 crit", "token_header", signed(crit=["exp"]))
case("6 zip", "token_header", signed(zip="DEF"))
for kid in ("../../etc/passwd", "' OR 1=1 --", "k" * 10_000, "two"):
    case(f"7 kid {kid[:20]}", "token_key", signed(kid=kid))
case("7 kid twice", "jwks_refused", signed(), [public_jwk(OTHER_KEY), public_jwk(RSA_KEY)])

# 14: another issuer's key under the same name.
case("14 foreign key", "token_signature", signed(key=OTHER_KEY))

# 15 and 16: audience and kind.
claim_case("15 other audience", "token_aud", aud="other-app")
claim_case("15 no audience", "token_aud", aud=None)
claim_case("15 object", "token_aud", aud={"seatledger": True})
claim_case("15 empty list", "token_aud", aud=[])
claim_case("15 list", "allowed", aud=["https://login.acme.example/userinfo", "seatledger"])
case("16 logout token", "token_typ", signed(typ="logout+jwt"))
claim_case("16 ID token", "token_typ", nonce="n")

# 17 and 18: times.
claim_case("17 no exp", "token_malformed", exp=None)
claim_case("17 text", "token_malformed", exp="9999999999")
claim_case("17 negative", "token_malformed", exp=-1)
claim_case("17 1e300", "token_malformed", exp=1e300)
claim_case("17 31 s past", "token_expired", exp=NOW - 31)
claim_case("17 29 s past", "allowed", exp=NOW - 29)
claim_case("18 nbf in 1 h", "token_not_yet_valid", nbf=NOW + 3600)
claim_case("18 iat in 1 h", "token_not_yet_valid", iat=NOW + 3600, exp=NOW + 3700)
claim_case("18 30 days", "token_lifetime", exp=NOW + 30 * 86_400)

# 19 and 20: form.
twice = b'{"scp":["usage:report"],' + json.dumps(claims()).encode()[1:]
case("19 claim twice", "token_malformed", signed(twice))
head, body, signature = signed().split(".")
flattened = json.dumps({"protected": head, "payload": body, "signature": signature})
standard = base64.b64encode(base64.urlsafe_b64decode(signature + "==")).decode()
case("20 JSON form", "token_malformed", flattened)
case("20 nested", "token_malformed", signed(signed().encode(), cty="JWT"))
case("20 encrypted", "token_malformed", signed() + ".AA.AA")
case("20 padding and standard base64", "token_malformed", f"{head}.{body}.{standard}")
case("20 white space", "token_malformed", f" {head}.{body}.{signature}")

# 21: keys.
case("21 1024 bits", "token_key", signed(), [public_jwk(SMALL_KEY)])
case("21 e = 1", "token_key", signed(), [public_jwk(RSA_KEY, e="AQ")])
case("21 for encryption", "token_key", signed(), [public_jwk(RSA_KEY, use="enc")])
case("21 key_ops", "token_key", signed(), [public_jwk(RSA_KEY, use=None, key_ops=["encrypt"])])
off_curve = base64.urlsafe_b64encode(bytes([7] * 32)).rstrip(b"=").decode()
by_p256 = signed(key=P256_KEY, algorithm="ES256")
case("21 off the curve", "token_signature", by_p256, [public_jwk(P256_KEY, x=off_curve)], ["ES256"])

# 22 to 25: who, for whom, where.
claim_case("22 empty", "token_sub", sub="")
claim_case("22 number", "token_sub", sub=7)
claim_case("22 long", "token_sub", sub="x" * 300)
claim_case("22 NUL", "token_sub", sub="anna\0")
claim_case("23 other party", "token_azp", cid="evil")
claim_case("24 other tenant", "tenant_mismatch", org_id="globex")
claim_case("24 no tenant", "tenant_mismatch", org_id=None)
claim_case("24 list", "tenant_mismatch", org_id=["acme"])
claim_case("25 groups left out", "groups_overage", groups=None, _claim_names={"groups": "src1"})
claim_case("26 run out", "token_expired", iat=NOW - 1000, exp=NOW - 400)

with open(sys.argv[1], "w", encoding="utf-8") as output:
    json.dump({"now": NOW, "cases": CASES}, output, indent=1)
