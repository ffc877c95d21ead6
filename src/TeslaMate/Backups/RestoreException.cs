namespace TeslaMate.Backups;

/// <summary>A restore that cannot go on; the message is a sentence for the operator, and nothing of the present database was touched.</summary>
sealed class RestoreException(string message, Exception? inner = null) : Exception(message, inner);
