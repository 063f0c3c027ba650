//! Arguments, one thin file per command, streams and bars, errors to exit codes and hints.
