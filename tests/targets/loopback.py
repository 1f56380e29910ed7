"""What the Python servers share: they announce themselves, and stop with the process that started them."""
import os
import signal
import sys
import threading


def announce(port, path, token):
    """Prints the one line that says where the server accepts connections now."""
    print(f"BASE=http://127.0.0.1:{port}{path} TOKEN={token}", flush=True)


def stop_with_parent():
    """With STOP_AT_EOF=1 the end of standard input ends the server, so that a killed test leaves none behind."""
    if os.environ.get("STOP_AT_EOF") != "1":
        return

    def watch():
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
