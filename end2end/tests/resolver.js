// A resolver that the panel and the certificate authority ask: it knows the TXT records that a test has set, and passes questions about a zone
// to its name server.
const dgram = require("node:dgram");

// The question of a message: its name in lower case, its type, and the bytes of it.
function question(message) {
  const labels = [];
  let at = 12;
  while (message[at]) {
    labels.push(message.toString("latin1", at + 1, at + 1 + message[at]).toLowerCase());
    at += 1 + message[at];
  }
  return { name: labels.join("."), type: message.readUInt16BE(at + 1), bytes: message.subarray(12, at + 5) };
}

function answer(message, records) {
  const { name, type, bytes } = question(message);
  const value = type === 16 ? records[name] : undefined;
  const header = Buffer.alloc(12);
  message.copy(header, 0, 0, 2);
  header.writeUInt16BE(value === undefined ? 0x8183 : 0x8180, 2); // no such name, or an answer
  header.writeUInt16BE(1, 4);
  if (value === undefined) return Buffer.concat([header, bytes]);
  header.writeUInt16BE(1, 6);
  const text = Buffer.from(value);
  const record = Buffer.alloc(13);
  record.writeUInt16BE(0xc00c, 0); // the name of the question
  record.writeUInt16BE(16, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(60, 6);
  record.writeUInt16BE(text.length + 1, 10);
  record.writeUInt8(text.length, 12);
  return Buffer.concat([header, bytes, record, text]);
}

// What the name server says.
const pass = (message, nameServer, done) => {
  const asked = dgram.createSocket("udp4");
  asked.on("message", (said) => {
    asked.close();
    done(said);
  });
  asked.send(message, 53, nameServer);
};

// Listens where the panel was told to ask. `records` may be changed at any time. Names below `zone` are asked of the name server at `address`.
exports.resolve = async (records, { zone, address: nameServer } = {}) => {
  const socket = dgram.createSocket("udp4");
  socket.on("message", (message, { port, address }) => {
    const say = (said) => socket.send(said, port, address);
    const { name } = question(message);
    if (zone && (name === zone || name.endsWith(`.${zone}`))) pass(message, nameServer, say);
    else say(answer(message, records));
  });
  await new Promise((done, fail) => socket.once("error", fail).bind(Number(process.env.E2E_RESOLVER), "127.0.0.1", done));
  return () => new Promise((done) => socket.close(done));
};
