"""Git over HTTPS beside `git-server.sh`, run inside the root `build` in the network that plays the internet. Repositories are below /home.
ip netns exec git chroot /mnt/git python3 /home/git-https.py ADDRESS PORT CERTIFICATE-AND-KEY"""
import os, socketserver, ssl, subprocess, sys
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

ADDRESS, PORT, CERTIFICATE = sys.argv[1], int(sys.argv[2]), sys.argv[3]


class Git(BaseHTTPRequestHandler):
    """What `git http-backend` says of a request."""

    def answer(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        cgi = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in self.headers.items()}
        cgi |= {
            "PATH": os.defpath,
            "GIT_PROJECT_ROOT": "/home",
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
        }
        said = subprocess.run(["/usr/lib/git-core/git-http-backend"], input=body, stdout=subprocess.PIPE, env=cgi).stdout
        head, _, rest = said.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        # Without it the end of the connection would be the end of the answer, and git takes that for one that was cut off.
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest)

    do_GET = do_POST = answer


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE)
server = Server((ADDRESS, PORT), Git)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
