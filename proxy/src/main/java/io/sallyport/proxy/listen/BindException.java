package io.sallyport.proxy.listen;

import io.sallyport.config.HostPort;

/// An address cannot be bound; the message is one line that names it, says why and what to do.
public final class BindException extends Exception {
  private static final long serialVersionUID = 1L;

  /// @param what whose address it is, as `listener https`
  public BindException(String what, HostPort address, Throwable cause) {
    super(what + ": cannot bind " + address + ": " + reasonAndAdvice(cause), null, false, false);
  }

  private static String reasonAndAdvice(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    if (message.contains("Address already in use")) {
      return "address already in use; choose another one, or stop the process that has it";
    }
    if (message.contains("Permission denied")) {
      return "permission denied; choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE";
    }
    return message + "; choose an address of this machine";
  }
}
