'use strict';
// The socket that PORT names is open already, as file 3: a server that listens on PORT is given it.
const net = require('net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const [first] = args;
  const wanted = first !== null && typeof first === 'object' ? first.path ?? first.port : first;
  if (wanted !== process.env.PORT) return listen.apply(this, args);
  return listen.call(this, { fd: 3 }, ...args.filter((arg) => typeof arg === 'function'));
};
