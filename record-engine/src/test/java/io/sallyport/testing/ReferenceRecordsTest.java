package io.sallyport.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.CipherType;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Cipher;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Goal: the answers that the engine is held against are right, also where it takes Bouncy Castle
/// as the reference does. Method: published test vectors with a nonce of 12 and a tag of 16 bytes.
class ReferenceRecordsTest {
  /// A published answer, in hexadecimal.
  record Answer(
      CipherType cipherType,
      String source,
      String key,
      String nonce,
      String aad,
      String plaintext,
      String ciphertext,
      String tag) {
    @Override
    public String toString() {
      return cipherType + " of " + source;
    }
  }

  static List<Answer> publishedAnswers() {
    return List.of(
        new Answer(
            CipherType.AES_CCM_128,
            "Project Wycheproof, aes_ccm_test 2",
            "384ea416ac3c2f51a76e7d8226346d4e",
            "b30c084727ad1c592ac21d12",
            "",
            "35",
            "d7",
            "6be3fd13b7065afc19e3b8a3b96b39fb"),
        new Answer(
            CipherType.AES_CCM_128,
            "Project Wycheproof, aes_ccm_test 12",
            "d97c9b043bdccfd59491a995e78f1696",
            "ef423240358830df915506a3",
            "3ddba7b3ab69c8b2",
            "f047594a5cffda64303a80b2fa6a957169",
            "e0caf2a9d50f70ecaa43b4a287c3b34a99",
            "cff4c61882b413b686ff35b63a3a73de"),
        new Answer(
            CipherType.AES_CCM_128,
            "Project Wycheproof, aes_ccm_test 29",
            "63f03172505d90e94900125cb8a4b0dd",
            "52c20979cdaaade573dba650",
            "5189ea6f39b2a78c0202fdff146c5cc6bdc7491d4786f80c6c6aef65634c05da",
            "602c98997ee03fd11ce00e92de193977",
            "5590155f3e701b4a960989d0251bac65",
            "fd6a2c9273d124b5553be42e78931465"),
        new Answer(
            CipherType.SM4_GCM,
            "RFC 8998 §A.1",
            "0123456789abcdeffedcba9876543210",
            "00001234567800000000abcd",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeee"
                + "eeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca"
                + "5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
            "83de3541e4c2b58177e065a9bf7b62ec"),
        new Answer(
            CipherType.SM4_CCM,
            "RFC 8998 §A.2",
            "0123456789abcdeffedcba9876543210",
            "00001234567800000000abcd",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeee"
                + "eeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
            "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094fd12e518"
                + "ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b",
            "16842d4fa186f56ab33256971fa110f4"),
        new Answer(
            CipherType.ARIA_GCM_128,
            "RFC 8269 appendix A",
            "e91e5e75da65554a48181f3846349562",
            "000020e8f5eb00000000315e",
            "8008315ebf2e6fe020e8f5eb",
            "f57af5fd4ae19562976ec57a5a7ad55a5af5c5e5c5fdf5c55ad57a4a7272d57262e97295"
                + "66ed66e97ac54a4a5a7ad5e15ae5fdd5fd5ac5d56ae56ad5c572d54ae54ac55a956afd6a"
                + "ed5a4ac562957a9516991691d572fd14e97ae962ed7a9f4a955af572e162f57a956666e1"
                + "7ae1f54a95f566d54a66e16e4afd6a9f7ae1c5c55ae5d56afde916c5e94a6ec56695e14a"
                + "fde1148416e94ad57ac5146ed59d1cc5",
            "4d8a9a0675550c704b17d8c9ddc81a5cd6f7da34f2fe1b3db7cb3dfb9697102ea0f3c1fc"
                + "2dbc873d44bceeae8e4442974ba21ff6789d3272613fb9631a7cf3f14bacbeb421633a90"
                + "ffbe58c2fa6bdca534f10d0de0502ce1d531b6336e58878278531e5c22bc6c85bbd784d7"
                + "8d9e680aa19031aaf89101d669d7a3965c1f7e16229d7463e0535f4e253f5d18187d40b8"
                + "ae0f564bd970b5e7e2adfb211e89a953",
            "5abace3f37f5a736f4be984bbffbedc1"),
        new Answer(
            CipherType.ARIA_GCM_256,
            "RFC 8269 appendix A",
            "0c5ffd37a11edc42c325287fc0604f2e3e8cd5671a00fe3216aa5eb105783b54",
            "000020e8f5eb00000000315e",
            "8008315ebf2e6fe020e8f5eb",
            "f57af5fd4ae19562976ec57a5a7ad55a5af5c5e5c5fdf5c55ad57a4a7272d57262e97295"
                + "66ed66e97ac54a4a5a7ad5e15ae5fdd5fd5ac5d56ae56ad5c572d54ae54ac55a956afd6a"
                + "ed5a4ac562957a9516991691d572fd14e97ae962ed7a9f4a955af572e162f57a956666e1"
                + "7ae1f54a95f566d54a66e16e4afd6a9f7ae1c5c55ae5d56afde916c5e94a6ec56695e14a"
                + "fde1148416e94ad57ac5146ed59d1cc5",
            "6f9e4bcbc8c85fc0128fb1e4a0a20cb9932ff74581f54fc013dd054b19f99371425b352d"
                + "97d3f337b90b63d1b082adeeea9d2d7391897d591b985e55fb50cb5350cf7d38dc27dda1"
                + "27c078a149c8eb98083d66363a46e3726af217d3a00275ad5bf772c7610ea4c23006878f"
                + "0ee69a8397703169a419303f40b72e4573714d19e2697df61e7c7252e5abc6bade876ac4"
                + "961bfac4d5e867afca351a48aed52822",
            "e210d6ced2cf430ff841472915e7ef48"));
  }

  @ParameterizedTest
  @MethodSource("publishedAnswers")
  void theReferenceGivesThePublishedAnswer(Answer it) throws GeneralSecurityException {
    byte[] sealed = hex(it.ciphertext() + it.tag());
    assertThat(aead(it, Cipher.ENCRYPT_MODE).doFinal(hex(it.plaintext()))).isEqualTo(sealed);
    assertThat(aead(it, Cipher.DECRYPT_MODE).doFinal(sealed)).isEqualTo(hex(it.plaintext()));
  }

  private static Cipher aead(Answer it, int mode) throws GeneralSecurityException {
    Cipher cipher = ReferenceRecords.aead(it.cipherType(), mode, hex(it.key()), hex(it.nonce()));
    cipher.updateAAD(hex(it.aad()));
    return cipher;
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }
}
