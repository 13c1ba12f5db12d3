package io.sallyport.config;

/// A certificate chain and the private key of its first certificate, as PEM files.
///
/// That they belong together is for whoever reads the files to check.
///
/// @param stapling what is presented together with the first certificate
public record CertificateConfig(FilePath chain, FilePath key, StaplingConfig stapling) {}
