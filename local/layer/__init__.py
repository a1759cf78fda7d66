"""What the emulator lacks and the tests need, as a layer round its Cognito.

One module per concern, in an explicit order (`app.py`). Each is off or neutral until told otherwise, cites the AWS
documentation for what it adds, and is driven over HTTP under `/_poolsafe/`, so that it works from any process.

The layer stands where the emulator hands a request to its Cognito service: after the signature and the permissions were
checked, with the request's account and Region set. So it cannot weaken them, and it may change a signed request.
Requests to other services pass it by, save for being marked as come over TLS (`transport.py`).
"""
