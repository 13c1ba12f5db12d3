"""A TLS peer on 127.0.0.1 for one connection, by the OpenSSL inside the Python package
`cryptography`, which knows X25519MLKEM768 before the system's OpenSSL does. Verifies nobody.

Arguments: `client` or `server`, then settings as key=value: as matrix_peer.py. Without arguments it
prints the version of that OpenSSL, and fails when it lacks the group.
"""

import socket
import sys

from cryptography.hazmat.bindings.openssl.binding import Binding

LIB, FFI = Binding().lib, Binding().ffi
BUFFER_LENGTH = 1 << 16
PEM = 1


class Session:
    def __init__(self, plain, context, start):
        self.plain = plain
        self.ssl = LIB.SSL_new(context)
        self.incoming = LIB.BIO_new(LIB.BIO_s_mem())
        self.outgoing = LIB.BIO_new(LIB.BIO_s_mem())
        LIB.SSL_set_bio(self.ssl, self.incoming, self.outgoing)
        start(self.ssl)
        self.buffer = FFI.new("char[]", BUFFER_LENGTH)
        self.until_done(lambda: LIB.SSL_do_handshake(self.ssl))
        print("GROUP", FFI.string(LIB.SSL_get0_group_name(self.ssl)).decode(), flush=True)

    def until_done(self, step):
        """The result of `step`; 0 when the other side has closed its session."""
        while True:
            result = step()
            self.flush()
            if result > 0:
                return result
            if LIB.SSL_get_error(self.ssl, result) == LIB.SSL_ERROR_ZERO_RETURN:
                return 0
            received = self.plain.recv(BUFFER_LENGTH)
            if not received:
                sys.exit("closed without close_notify")
            LIB.BIO_write(self.incoming, received, len(received))

    def flush(self):
        while (length := LIB.BIO_read(self.outgoing, self.buffer, BUFFER_LENGTH)) > 0:
            self.plain.sendall(FFI.buffer(self.buffer, length)[:])

    def write(self, data):
        self.until_done(lambda: LIB.SSL_write(self.ssl, data, len(data)))

    def read(self):
        target = FFI.new("char[]", BUFFER_LENGTH)
        length = self.until_done(lambda: LIB.SSL_read(self.ssl, target, BUFFER_LENGTH))
        return FFI.buffer(target, length)[:]

    def close(self):
        LIB.SSL_shutdown(self.ssl)
        self.flush()


def context(settings):
    made = LIB.SSL_CTX_new(LIB.TLS_method())
    if LIB.SSL_CTX_set1_curves_list(made, settings["group"].encode()) != 1:
        sys.exit("no group of " + settings["group"])
    certificate = settings.get("certificates")
    if certificate:
        LIB.SSL_CTX_use_certificate_chain_file(made, (certificate + ".pem").encode())
        LIB.SSL_CTX_use_PrivateKey_file(made, (certificate + ".key").encode(), PEM)
    return made


def client(settings):
    with open(settings["request"], "rb") as file:
        request = file.read()
    with socket.create_connection(("127.0.0.1", int(settings["port"])), timeout=15) as plain:
        session = Session(plain, context(settings), LIB.SSL_set_connect_state)
        session.write(request)
        answer = b""
        while part := session.read():
            answer += part
        print(answer.decode())
        session.close()


def server(settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(15)
        print("PORT", listener.getsockname()[1], flush=True)
        plain, _ = listener.accept()
        plain.settimeout(15)
        session = Session(plain, context(settings), LIB.SSL_set_accept_state)
        while part := session.read():
            session.write(part)
        session.close()


if len(sys.argv) > 1:
    {"client": client, "server": server}[sys.argv[1]](
        dict(argument.split("=", 1) for argument in sys.argv[2:])
    )
else:
    context({"group": "X25519MLKEM768"})
    print(FFI.string(LIB.OpenSSL_version(0)).decode())
