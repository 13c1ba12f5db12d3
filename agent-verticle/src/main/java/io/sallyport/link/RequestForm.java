package io.sallyport.link;

import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.TlsVersion;
import java.time.Duration;
import java.util.List;

/// A [HandshakeRequest] as fields of a frame, without the member that asks: whoever receives it
/// knows that by the link.
final class RequestForm {
  private RequestForm() {}

  /// Whether a request can be written: the rest of it is bounded where it comes from.
  static boolean fits(HandshakeRequest request) {
    return FrameWriter.fits(request.policy().clientAuth().names());
  }

  static void write(FrameWriter out, HandshakeRequest request) {
    out.constant(request.kind())
        .optionalText(request.peername())
        .text(request.keyring())
        .number32(request.myCert().number())
        .number32(request.myPrivkey().number())
        .list(request.myPeerids(), serial -> out.number32(serial.number()));
    write(out, request.policy());
    out.text(request.consumer());
  }

  private static void write(FrameWriter out, TlsPolicy policy) {
    out.constant(policy.minVersion())
        .constant(policy.maxVersion())
        .list(policy.alpn(), out::text)
        .list(policy.groups(), out::constant)
        .constant(policy.clientAuth().mode())
        .list(policy.clientAuth().names(), out::text)
        .flag(policy.strictSni())
        .number64(policy.ticketLifetime().toSeconds());
  }

  static HandshakeRequest read(FrameReader in) throws MalformedFrameException {
    HandshakeKind kind = in.constant(HandshakeKind.class);
    String peername = in.optionalText();
    String keyring = in.line();
    KeySerial cert = new KeySerial(in.number32());
    KeySerial privkey = new KeySerial(in.number32());
    List<KeySerial> peerids = in.list(() -> new KeySerial(in.number32()));
    if (peerids.size() > HandshakeArgs.PEERIDS_MAX) {
      throw new MalformedFrameException("a request with " + peerids.size() + " peer ids");
    }
    TlsPolicy policy = policy(in);
    return new HandshakeRequest(
        kind, peername, keyring, cert, privkey, peerids, policy, in.line(), "");
  }

  private static TlsPolicy policy(FrameReader in) throws MalformedFrameException {
    TlsVersion min = in.constant(TlsVersion.class);
    TlsVersion max = in.constant(TlsVersion.class);
    List<String> alpn = in.list(in::text);
    List<Group> groups = in.list(() -> in.constant(Group.class));
    ClientAuth auth = new ClientAuth(in.constant(ClientAuth.Mode.class), in.list(in::text));
    boolean strictSni = in.flag();
    long lifetime = in.number64();
    try {
      return new TlsPolicy(min, max, alpn, groups, auth, strictSni, Duration.ofSeconds(lifetime));
    } catch (IllegalArgumentException e) {
      throw new MalformedFrameException("a policy that cannot be: " + e.getMessage());
    }
  }
}
