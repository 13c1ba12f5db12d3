/// The proxy: one process from its command line to its last connection.
///
/// [Connection] is the path to read first: accept, handshake, route, balance, connect, relay,
/// close. [ProxyVerticle] owns the connections of one event loop, [Member] the whole process: the
/// agent, one verticle per event loop, the admin server and the drain. What an arrow of the path
/// needs lies in the package of its name: `listen`, `route`, `balance`, `upstream`, `relay`; `tls`
/// is what both legs do about TLS; `admin` and `cli` are how people reach a running process.
@NullMarked
package io.sallyport.proxy;

import org.jspecify.annotations.NullMarked;
