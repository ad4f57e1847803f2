import com.sun.xml.ws.api.message.Headers;
import com.sun.xml.ws.developer.JAXWSProperties;
import com.sun.xml.ws.developer.WSBindingProvider;
import jakarta.activation.DataHandler;
import jakarta.activation.FileDataSource;
import jakarta.xml.ws.Service;
import jakarta.xml.ws.soap.AddressingFeature;
import jakarta.xml.ws.soap.MTOMFeature;
import jakarta.xml.ws.soap.SOAPFaultException;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.stream.Stream;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * A client of the DMP door on JAX-WS RI: the stack reads the WSDL, writes the envelope with its WS-Addressing headers, packs the MTOM
 * parts, and reads and checks the answer.
 * <p>{@code Client deposit|retrieve FOLDER}; what FOLDER holds: tests/conformance/test_dmp_stacks.py. Prints {@code status S} and
 * {@code document ID SHA-256} of what was read, or {@code fault CODE}.
 */
public final class Client {
    private static final String WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    private final Path folder;

    private Client(String folder) {
        this.folder = Path.of(folder);
    }

    public static void main(String[] arguments) throws Exception {
        Client client = new Client(arguments[1]);
        try {
            if (arguments[0].equals("deposit")) {
                client.deposit();
            } else {
                client.retrieve();
            }
        } catch (SOAPFaultException fault) {
            Iterator<QName> subcodes = fault.getFault().getFaultSubcodes();
            System.out.println("fault " + (subcodes.hasNext() ? subcodes.next().getLocalPart() : fault.getMessage()));
        }
    }

    private String text(String name) throws Exception {
        return Files.readString(folder.resolve(name)).strip();
    }

    /** Mutual TLS: the certificate of the card, the authorities of the server. */
    private SSLSocketFactory tls() throws Exception {
        KeyStore pair = KeyStore.getInstance(folder.resolve("client.p12").toFile(), "carnet".toCharArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(pair, "carnet".toCharArray());
        KeyStore authorities = KeyStore.getInstance("PKCS12");
        authorities.load(null, null);
        byte[] pem = Files.readAllBytes(folder.resolve("authorities.pem"));
        for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem))) {
            authorities.setCertificateEntry("ca" + authorities.size(), one);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(authorities);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private Element element(String xml) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8))).getDocumentElement();
    }

    /** A port made of the door's own WSDL, with the assertion as a header. */
    private Repository port() throws Exception {
        SSLSocketFactory tls = tls();
        HttpsURLConnection.setDefaultSSLSocketFactory(tls); // for the WSDL
        QName service = new QName(Repository.XDSB, "DocumentRepository_Service");
        Repository port = Service.create(URI.create(text("address") + "?wsdl").toURL(), service)
            .getPort(Repository.class, new MTOMFeature(), new AddressingFeature());
        WSBindingProvider bound = (WSBindingProvider) port;
        bound.getRequestContext().put(JAXWSProperties.SSL_SOCKET_FACTORY, tls);
        String security = "<wsse:Security xmlns:wsse=\"" + WSSE + "\">" + text("assertion.xml") + "</wsse:Security>";
        bound.setOutboundHeaders(Headers.create(element(security)));
        return port;
    }

    /** ITI-41: the documents of the folder. */
    private void deposit() throws Exception {
        Repository.Provide request = new Repository.Provide();
        request.submit.objects = element(text("objects.xml"));
        try (Stream<Path> files = Files.list(folder.resolve("documents")).sorted()) {
            for (File file : files.map(Path::toFile).toList()) {
                Repository.Document document = new Repository.Document();
                document.id = file.getName();
                document.content = new DataHandler(new FileDataSource(file));
                request.documents.add(document);
            }
        }
        System.out.println("status " + port().provide(request).status);
    }

    /** ITI-43. */
    private void retrieve() throws Exception {
        Repository.Retrieve request = new Repository.Retrieve();
        for (String line : text("wanted").lines().toList()) {
            String[] pair = line.split(" ");
            Repository.Wanted wanted = new Repository.Wanted();
            wanted.repository = pair[0];
            wanted.document = pair[1];
            request.wanted.add(wanted);
        }
        Repository.Retrieved answer = port().retrieve(request);
        System.out.println("status " + answer.response.status);
        for (Repository.Found one : answer.found) {
            byte[] content = one.content.getInputStream().readAllBytes();
            String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            System.out.println("document " + one.document + " " + digest);
        }
    }
}
