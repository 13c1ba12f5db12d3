/// The config file: text in, an immutable [ProxyConfig] or *all* of its errors out.
///
/// [ConfigLoader] reads a YAML file and checks it whole: form, keys, values, bounds, references and
/// the presence of the files it names. What it returns cannot be invalid, because every record
/// checks its own bounds when it is made. What it rejects comes back as a list of [ConfigError]s in
/// the order of the file, each one line with file, line and column, so that one edit can repair
/// everything.
///
/// That's it. This package opens no certificate and no key, listens on nothing, resolves no name
/// and watches no file. It reads no environment variable and holds no secret: it knows the paths of
/// key files, never their content. It depends on none of the project's other modules.
///
/// Everything here is immutable or confined to one call of [ConfigLoader], so any thread may use
/// it.
///
/// Read next: [ProxyConfig] for the result; `ConfigReader`, whose parsers read like the file
/// itself; `YamlMapping`, which makes missing, unknown, repeated and misspelt keys one mechanism.
/// The reference of all keys is the module's `README.md`.
@NullMarked
package io.sallyport.config;

import org.jspecify.annotations.NullMarked;
