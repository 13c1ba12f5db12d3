package io.sallyport.proxy.upstream;

import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.balance.Server;
import java.net.ConnectException;

/// No server of a backend could be reached; the message names the one tried last and why it failed.
public final class NoServerException extends Exception {
  private static final long serialVersionUID = 1L;

  NoServerException(Backend backend, Server last, Throwable cause) {
    super(
        "backend " + backend.name() + ": server " + last + " cannot be reached: " + reason(cause),
        null,
        false,
        false);
  }

  /// Netty puts the address behind the reason; the message has it already.
  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    if (message == null) {
      return cause.getClass().getSimpleName();
    }
    return cause instanceof ConnectException && message.contains("onnection refused")
        ? "connection refused"
        : message;
  }
}
