"""How gunicorn serves the site, read by it wherever it is started in this directory."""

preload_app = True
workers = 2
# A file from a slow telephone keeps a thread for a minute and more. Without threads it would keep its
# worker, and everybody else's; one without threads is also killed after `timeout`, in the middle of it.
threads = 4
timeout = 60
control_socket_disable = True
