package io.sallyport.proxy.admin;

import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyringSharing;
import io.sallyport.keyring.KeyringSharing.Mode;
import io.sallyport.keyring.KeyringSharing.Tickets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What an operator wants to know about the cluster's keyrings, or have done with them.
sealed interface KeysRequest {
  /// All keyrings, or everything in one.
  record Listing(Optional<String> keyring) implements KeysRequest {}

  record Create(String keyring, KeyringSharing sharing) implements KeysRequest {}

  record Add(String keyring, MaterialFiles files) implements KeysRequest {}

  record Replace(String keyring, KeySerial serial, MaterialFiles files) implements KeysRequest {}

  /// One key, or the keyring with all of them.
  record Remove(String keyring, Optional<KeySerial> serial) implements KeysRequest {}

  record Grant(String keyring, List<String> members) implements KeysRequest {
    public Grant {
      members = List.copyOf(members);
    }
  }

  record Revoke(String keyring, List<String> members) implements KeysRequest {
    public Revoke {
      members = List.copyOf(members);
    }
  }

  record Rotate(String keyring) implements KeysRequest {}

  record Rewrap() implements KeysRequest {}

  /// Reads a request.
  ///
  /// @param operation the last part of the path, `add`
  /// @return empty when there is no such operation
  /// @throws IllegalArgumentException one line, when it lacks something or has too much
  static Optional<KeysRequest> parse(String operation, Arguments in) {
    Optional<KeysRequest> request =
        switch (operation) {
          case "list" -> Optional.of(new Listing(in.optional("keyring")));
          case "create" -> Optional.of(new Create(in.text("keyring"), sharing(in)));
          case "add" -> Optional.of(new Add(in.text("keyring"), MaterialFiles.parse(in)));
          case "replace" ->
              Optional.of(
                  new Replace(
                      in.text("keyring"), serial(in.text("serial")), MaterialFiles.parse(in)));
          case "remove" ->
              Optional.of(
                  new Remove(in.text("keyring"), in.optional("serial").map(KeysRequest::serial)));
          case "grant" -> Optional.of(new Grant(in.text("keyring"), in.texts("members")));
          case "revoke" -> Optional.of(new Revoke(in.text("keyring"), in.texts("members")));
          case "rotate" -> Optional.of(new Rotate(in.text("keyring")));
          case "rewrap" -> Optional.of(new Rewrap());
          default -> Optional.empty();
        };
    if (request.isPresent()) {
      in.end();
    }
    return request;
  }

  private static KeyringSharing sharing(Arguments in) {
    return new KeyringSharing(
        in.optional("mode")
            .map(text -> choice(Mode.class, "mode", text))
            .orElse(KeyringSharing.DEFAULT.mode()),
        in.optional("tickets")
            .map(text -> choice(Tickets.class, "tickets", text))
            .orElse(KeyringSharing.DEFAULT.tickets()),
        List.of());
  }

  private static <E extends Enum<E>> E choice(Class<E> type, String name, String text) {
    List<String> words = new ArrayList<>();
    for (E value : type.getEnumConstants()) {
      String word = value.name().toLowerCase(Locale.ROOT);
      if (word.equals(text)) {
        return value;
      }
      words.add(word);
    }
    throw new IllegalArgumentException(
        "found another \"" + name + "\", expected " + String.join(" or ", words));
  }

  private static KeySerial serial(String text) {
    if (!text.matches("[0-9a-fA-F]{8}") || text.equals(KeySerial.NONE.toString())) {
      throw new IllegalArgumentException(
          "found a serial of another form, expected 8 hexadecimal digits as \"keys list\" prints"
              + " them");
    }
    return new KeySerial(Integer.parseUnsignedInt(text, 16));
  }
}
