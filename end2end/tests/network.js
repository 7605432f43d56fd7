// A network between browser and panel that can be cut: a proxy on loopback that drops what is open and takes nothing new.
const http = require("node:http");
const net = require("node:net");

exports.network = async () => {
  const open = new Set();
  let cut = false;
  const keep = (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const proxy = http.createServer((asked, answer) => {
    const there = new URL(asked.url);
    const passed = http.request({ host: "127.0.0.1", port: there.port, path: there.pathname + there.search, method: asked.method, headers: asked.headers, agent: false }, (got) => {
      answer.writeHead(got.statusCode, got.rawHeaders);
      got.pipe(answer);
    });
    passed.on("socket", keep);
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  // What is no plain request goes through a tunnel: the live link.
  proxy.on("connect", (asked, socket, head) => {
    const there = net.connect(Number(asked.url.split(":").pop()), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      there.write(head);
      there.pipe(socket);
      socket.pipe(there);
    });
    keep(there);
    there.on("close", () => socket.destroy());
    socket.on("close", () => there.destroy());
  });
  proxy.on("connection", (socket) => {
    if (cut) socket.destroy();
    else keep(socket);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    // For browser.newContext: also what is on this machine goes through it.
    proxy: { server: `http://127.0.0.1:${proxy.address().port}`, bypass: "<-loopback>" },
    cut: () => {
      cut = true;
      for (const socket of open) socket.destroy();
    },
    mend: () => (cut = false),
    end: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => proxy.close(resolve));
    },
  };
};
