package io.sallyport.ktls.conformance;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.TlsVersion;

/// The variants of the kernel's fixture `tls`.
enum Variant {
  TLS_12_AES_GCM("12_aes_gcm", TlsVersion.TLS_1_2, CipherType.AES_GCM_128),
  TLS_13_AES_GCM("13_aes_gcm", TlsVersion.TLS_1_3, CipherType.AES_GCM_128),
  TLS_12_CHACHA("12_chacha", TlsVersion.TLS_1_2, CipherType.CHACHA20_POLY1305),
  TLS_13_CHACHA("13_chacha", TlsVersion.TLS_1_3, CipherType.CHACHA20_POLY1305),
  TLS_13_SM4_GCM("13_sm4_gcm", TlsVersion.TLS_1_3, CipherType.SM4_GCM),
  TLS_13_SM4_CCM("13_sm4_ccm", TlsVersion.TLS_1_3, CipherType.SM4_CCM),
  TLS_12_AES_CCM("12_aes_ccm", TlsVersion.TLS_1_2, CipherType.AES_CCM_128),
  TLS_13_AES_CCM("13_aes_ccm", TlsVersion.TLS_1_3, CipherType.AES_CCM_128),
  TLS_12_AES_GCM_256("12_aes_gcm_256", TlsVersion.TLS_1_2, CipherType.AES_GCM_256),
  TLS_13_AES_GCM_256("13_aes_gcm_256", TlsVersion.TLS_1_3, CipherType.AES_GCM_256),
  TLS_13_NOPAD("13_nopad", TlsVersion.TLS_1_3, CipherType.AES_GCM_128),
  TLS_12_ARIA_GCM("12_aria_gcm", TlsVersion.TLS_1_2, CipherType.ARIA_GCM_128),
  TLS_12_ARIA_GCM_256("12_aria_gcm_256", TlsVersion.TLS_1_2, CipherType.ARIA_GCM_256);

  final TlsVersion version;
  final CipherType cipherType;

  private final String kernelName;

  Variant(String kernelName, TlsVersion version, CipherType cipherType) {
    this.kernelName = kernelName;
    this.version = version;
    this.cipherType = cipherType;
  }

  /// Whether the receiver promises itself records without padding.
  boolean expectsNoPad() {
    return this == TLS_13_NOPAD;
  }

  /// The kernel's name.
  @Override
  public String toString() {
    return kernelName;
  }
}
