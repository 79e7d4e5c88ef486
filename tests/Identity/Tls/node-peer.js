// A TLS peer on Node's tls: node node-peer.js serve|connect PORT OPTIONS
// OPTIONS is JSON for tls.createServer or tls.connect; cert, key and ca are names of files. A server echoes; a client says what
// it hears, and sends the lines of its standard input, whose end is its goodbye.
'use strict';
const fs = require('fs');
const tls = require('tls');

const [, , role, port, json] = process.argv;
const options = JSON.parse(json);
for (const name of ['cert', 'key', 'ca']) {
  if (options[name]) options[name] = fs.readFileSync(options[name]);
}

const say = (what) => fs.writeSync(1, `${what}\n`);
const secure = (socket) => {
  const certificate = socket.getPeerCertificate();
  say(`secure ${socket.getProtocol()} ${socket.getCipher().standardName} alpn=${socket.alpnProtocol} `
    + `authorized=${socket.authorized} names=${certificate.subjectaltname}`);
  const key = socket.getEphemeralKeyInfo();
  if (key && key.name) say(`group ${key.name}`);
};
const watch = (socket) => {
  socket.on('error', (error) => say(`error ${error.code} ${error.message}`));
  socket.on('end', () => say('goodbye'));
  socket.on('close', (hadError) => say(`closed ${hadError}`));
};

if (role === 'serve') {
  const server = tls.createServer(options, (socket) => {
    secure(socket);
    watch(socket);
    socket.pipe(socket);
  });
  server.on('tlsClientError', (error) => say(`error ${error.code} ${error.message}`));
  server.listen(Number(port), '127.0.0.1');
} else {
  // Names of hosts have no meaning here; who signed the certificate has (rejectUnauthorized is Node's default).
  const socket = tls.connect({ ...options, port: Number(port), host: '127.0.0.1', checkServerIdentity: () => undefined });
  socket.on('secureConnect', () => secure(socket));
  watch(socket);
  socket.on('data', (data) => say(`heard ${data.toString().trim()}`));
  process.stdin.pipe(socket);
  socket.on('close', () => process.exit(0));
}
