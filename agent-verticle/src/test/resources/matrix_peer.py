"""A TLS peer on 127.0.0.1 by Python's ssl module, for one connection or several.

Arguments: `client` or `server`, then settings as key=value. A client sends the file `request` and
prints the answer; a server prints its port and echoes lines. Both end with a close_notify, and fail
when the other side ends without one. With `connections`, a client comes so often, each time with
the session of the time before.
"""

import socket
import ssl
import sys

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
CURVES = {"x25519": "X25519", "secp256r1": "prime256v1"}
DEMANDS = {"NONE": ssl.CERT_NONE, "OPTIONAL": ssl.CERT_OPTIONAL, "REQUIRED": ssl.CERT_REQUIRED}


def context(role, settings):
    is_server = role == "server"
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(settings["ca"])
    if "version" in settings:
        made.minimum_version = made.maximum_version = VERSIONS[settings["version"]]
    if "cipher" in settings:
        made.set_ciphers(settings["cipher"])
    if "group" in settings:
        made.set_ecdh_curve(CURVES.get(settings["group"], settings["group"]))
    for certificate in settings.get("certificates", "").split(","):
        if certificate:
            made.load_cert_chain(certificate + ".pem", certificate + ".key")
    if "alpn" in settings:
        made.set_alpn_protocols(settings["alpn"].split(","))
    if is_server:
        made.verify_mode = DEMANDS[settings["demand"]]
    return made


def until_closed(tls):
    parts = []
    while part := tls.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def client(settings):
    tls_context = context("client", settings)
    with open(settings["request"], "rb") as file:
        request = file.read()
    session = None
    for _ in range(int(settings["connections"])):
        with socket.create_connection(("127.0.0.1", int(settings["port"])), timeout=15) as plain:
            tls = tls_context.wrap_socket(
                plain,
                server_hostname=settings["name"],
                suppress_ragged_eofs=False,
                session=session,
            )
            tls.sendall(request)
            print(until_closed(tls).decode())
            print("SESSION", tls.version(), tls.cipher(), tls.selected_alpn_protocol())
            session = tls.session
            tls.unwrap()


def server(settings):
    tls_context = context("server", settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(15)
        print("PORT", listener.getsockname()[1], flush=True)
        for _ in range(int(settings["connections"])):
            plain, _ = listener.accept()
            plain.settimeout(15)
            tls = tls_context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)
            print("SESSION", tls.version(), tls.cipher(), tls.selected_alpn_protocol())
            print("CLIENT", tls.getpeercert(), flush=True)
            while part := tls.recv(1 << 16):
                tls.sendall(part)
            tls.unwrap()
            print("CLEAN")


if __name__ == "__main__":
    {"client": client, "server": server}[sys.argv[1]](
        dict(argument.split("=", 1) for argument in sys.argv[2:])
    )
