// A TLS peer on 127.0.0.1 by Node's tls module, for one connection or several.
//
// Arguments: `client` or `server`, then settings as key=value. A client sends the file `request`
// and prints the answer; a server prints its port and echoes what it gets. With
// `connections`, a client comes so often, each time with the session of the time before.
'use strict';

const fs = require('fs');
const tls = require('tls');

const role = process.argv[2];
const settings = Object.fromEntries(
  process.argv.slice(3).map((argument) => {
    const at = argument.indexOf('=');
    return [argument.slice(0, at), argument.slice(at + 1)];
  }),
);

function options() {
  const made = {ca: fs.readFileSync(settings.ca)};
  if (settings.version) {
    made.minVersion = made.maxVersion = 'TLSv' + settings.version;
  }
  if (settings.cipher) {
    made.ciphers = settings.cipher;
  }
  if (settings.group) {
    made.ecdhCurve = settings.group;
  }
  if (settings.certificates) {
    const names = settings.certificates.split(',');
    made.cert = names.map((name) => fs.readFileSync(name + '.pem'));
    made.key = names.map((name) => fs.readFileSync(name + '.key'));
  }
  if (settings.alpn) {
    made.ALPNProtocols = settings.alpn.split(',');
  }
  return made;
}

function fail(error) {
  console.log('ERROR', error.message);
  process.exitCode = 1;
}

function describe(socket) {
  console.log(
    'SESSION', socket.getProtocol(), socket.getCipher().standardName, socket.alpnProtocol);
}

let left = Number(settings.connections);

function client(session) {
  const made = {...options(), host: '127.0.0.1', port: Number(settings.port)};
  if (settings.identity) {
    made.pskCallback = () => ({
      psk: Buffer.from(settings.secret, 'hex'),
      identity: settings.identity,
    });
    made.checkServerIdentity = () => undefined;
  } else {
    made.servername = settings.name;
  }
  if (settings.ocsp) {
    made.requestOCSP = true;
  }
  made.session = session;
  const socket = tls.connect(made, () => {
    describe(socket);
    socket.write(fs.readFileSync(settings.request));
  });
  socket.on('OCSPResponse', (response) => console.log('OCSP', response && response.length));
  socket.on('session', (newer) => (session = newer));
  socket.on('data', (data) => process.stdout.write(data));
  socket.on('error', fail);
  socket.on('close', () => {
    if (--left > 0) {
      client(session);
    }
  });
}

function server() {
  const made = {
    ...options(),
    requestCert: settings.demand !== 'NONE',
    rejectUnauthorized: settings.demand === 'REQUIRED',
  };
  if (settings.identity) {
    made.pskCallback = (_, identity) =>
      identity === settings.identity ? Buffer.from(settings.secret, 'hex') : null;
  }
  const listener = tls.createServer(made, (socket) => {
    describe(socket);
    console.log('CLIENT', JSON.stringify(socket.getPeerCertificate().subject));
    socket.on('data', (data) => socket.write(data));
    socket.on('error', fail);
    socket.on('close', () => {
      if (--left === 0) {
        listener.close();
      }
    });
  });
  listener.on('tlsClientError', (error) => {
    fail(error);
    listener.close();
  });
  listener.listen(0, '127.0.0.1', () => console.log('PORT', listener.address().port));
}

({client, server})[role]();
