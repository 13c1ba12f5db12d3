package io.sallyport.proxy.listen;

import io.sallyport.config.ListenerConfig;

/// A listener's address cannot be bound; the message is one line that names it and says why.
public final class BindException extends Exception {
  private static final long serialVersionUID = 1L;

  BindException(ListenerConfig listener, Throwable cause) {
    super(
        "listener "
            + listener.name()
            + ": cannot bind "
            + listener.bind()
            + ": "
            + reason(cause)
            + "; choose another address, or stop the process that has it",
        null,
        false,
        false);
  }

  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    if (message == null) {
      return cause.getClass().getSimpleName();
    }
    return message.contains("Address already in use") ? "address already in use" : message;
  }
}
