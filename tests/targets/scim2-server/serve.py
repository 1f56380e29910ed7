"""Runs the scim2-server command as it is shipped; only the port and the announcement are ours."""
import os
import sys

from loopback import announce, stop_with_parent
from scim2_server.testserver import cli

token = os.environ.get("SCIM_TOKEN", "devtoken")


class Announcing(cli.ThreadingWSGIServer):
    """Says where it listens once it does: with port 0 only the socket knows."""

    def server_activate(self):
        super().server_activate()
        announce(self.server_port, "/v2", token)


cli.ThreadingWSGIServer = Announcing
stop_with_parent()
sys.argv = ["scim2-server", "--hostname", "127.0.0.1", "--port", sys.argv[1], "--bearer-token", token]
cli.main()
