"""A TLS client for one request to 127.0.0.1, by the OpenSSL inside the Python package
`cryptography`, which knows X25519MLKEM768 before the system's OpenSSL does.

Arguments: port, groups as OpenSSL names them. Without arguments it only checks that it could.
"""

import socket
import sys

from cryptography.hazmat.bindings.openssl.binding import Binding

LIB, FFI = Binding().lib, Binding().ffi
BUFFER_LENGTH = 1 << 16


def session(groups):
    context = LIB.SSL_CTX_new(LIB.TLS_method())
    if LIB.SSL_CTX_set1_curves_list(context, groups.encode()) != 1:
        sys.exit("no group of " + groups)
    ssl = LIB.SSL_new(context)
    incoming, outgoing = LIB.BIO_new(LIB.BIO_s_mem()), LIB.BIO_new(LIB.BIO_s_mem())
    LIB.SSL_set_bio(ssl, incoming, outgoing)
    LIB.SSL_set_connect_state(ssl)
    return ssl, incoming, outgoing


def main(port, groups):
    ssl, incoming, outgoing = session(groups)
    buffer = FFI.new("char[]", BUFFER_LENGTH)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:

        def until_done(step):
            while True:
                result = step()
                length = LIB.BIO_read(outgoing, buffer, BUFFER_LENGTH)
                if length > 0:
                    peer.sendall(FFI.buffer(buffer, length)[:])
                if result > 0:
                    return result
                received = peer.recv(BUFFER_LENGTH)
                if not received:
                    sys.exit("closed by peer")
                LIB.BIO_write(incoming, received, len(received))

        request = b"GET / HTTP/1.1\r\n\r\n"
        until_done(lambda: LIB.SSL_do_handshake(ssl))
        until_done(lambda: LIB.SSL_write(ssl, request, len(request)))
        length = until_done(lambda: LIB.SSL_read(ssl, buffer, BUFFER_LENGTH))
        print(FFI.buffer(buffer, length)[:].decode())


if len(sys.argv) > 1:
    main(int(sys.argv[1]), sys.argv[2])
else:
    session("X25519MLKEM768")
