package io.sallyport.bench;

/// A client by OpenSSL that keeps the session it was given a ticket for.
final class TicketClient implements BenchClient {
  private final LibsslPeer client;
  private long session;

  TicketClient(Libssl clients) {
    client = clients.peer();
  }

  /// The session, once closed; 0 when the server gave no ticket.
  long session() {
    return session;
  }

  @Override
  public byte[] flight(byte[] received) {
    return client.flight(received);
  }

  @Override
  public boolean isComplete() {
    return client.isComplete();
  }

  @Override
  public void close() {
    session = client.session();
    client.close();
  }
}
