package io.sallyport.config;

/// A certificate chain and the private key of its first certificate, as PEM files.
///
/// That they belong together is for whoever reads the files to check.
public record CertificateConfig(FilePath chain, FilePath key) {}
