"""An origin in Python that checks the assertion. Needs `pip install "pyjwt[crypto]"`.

ISSUER=https://example.com/_session AUDIENCE=origin PORT=3000 python3 server.py
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ.get("AUDIENCE", "origin")
PORT = int(os.environ.get("PORT", "3000"))

# Kept for five minutes; a key id it does not know makes it ask again.
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300)


def caller_of(headers):
    """Who is calling; None: nobody that we know."""
    assertion = headers.get("Session-Assertion")
    if assertion is None:
        return None
    try:
        if jwt.get_unverified_header(assertion).get("typ") != "session-assertion+jwt":
            raise jwt.InvalidTokenError("not an assertion")
        claims = jwt.decode(
            assertion,
            keys.get_signing_key_from_jwt(assertion).key,
            algorithms=["ES256", "EdDSA"],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=5,
            options={"require": ["iss", "aud", "exp", "iat", "sub", "sid"]},
        )
    except Exception as error:  # Whatever it is: nobody is let in by a mistake.
        print(f"refused: {type(error).__name__}", file=sys.stderr)
        return None
    return {"subject": claims["sub"], "permissions": claims["permissions"]}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        caller = caller_of(self.headers)
        self.send_response(200 if caller else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(caller).encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
