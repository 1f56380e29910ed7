"""Serves the project with waitress, on a copy of the seeded database that lives as long as this process."""
import os
import shutil
import signal
import socket
import sys
import tempfile

from loopback import announce, stop_with_parent

# The SCIM settings contain the port, so that it must be known before Django reads them.
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
port = listener.getsockname()[1]

signal.signal(signal.SIGTERM, lambda *_: sys.exit())
stop_with_parent()
with tempfile.TemporaryDirectory() as folder:
    os.environ["SCIM_DB"] = shutil.copy("seed.sqlite3", folder)
    os.environ["SCIM_PORT"] = str(port)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

    from django.core.wsgi import get_wsgi_application
    from waitress import create_server

    server = create_server(get_wsgi_application(), sockets=[listener], threads=4, ident=None)
    announce(port, "/scim/v2", "devtoken")
    server.run()
