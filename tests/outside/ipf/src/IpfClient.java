import jakarta.activation.DataHandler;
import jakarta.activation.FileDataSource;
import jakarta.xml.bind.JAXBContext;
import jakarta.xml.ws.BindingProvider;
import jakarta.xml.ws.WebServiceException;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.stream.StreamSource;
import org.apache.cxf.binding.soap.SoapFault;
import org.apache.cxf.headers.Header;
import org.apache.cxf.transports.http.configuration.HTTPClientPolicy;
import org.openehealth.ipf.commons.ihe.ws.JaxWsRequestClientFactory;
import org.openehealth.ipf.commons.ihe.ws.WsSecurityInformation;
import org.openehealth.ipf.commons.ihe.ws.WsTransactionConfiguration;
import org.openehealth.ipf.commons.ihe.xds.core.audit.XdsAuditDataset;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.EbXMLFactory;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLFactory30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLProvideAndRegisterDocumentSetRequest30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLRetrieveDocumentSetResponse30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.ProvideAndRegisterDocumentSetRequestType;
import org.openehealth.ipf.commons.ihe.xds.core.requests.DocumentReference;
import org.openehealth.ipf.commons.ihe.xds.core.requests.ProvideAndRegisterDocumentSet;
import org.openehealth.ipf.commons.ihe.xds.core.requests.RetrieveDocumentSet;
import org.openehealth.ipf.commons.ihe.xds.core.responses.RetrievedDocument;
import org.openehealth.ipf.commons.ihe.xds.core.responses.RetrievedDocumentSet;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.ProvideAndRegisterDocumentSetTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.RetrieveDocumentSetRequestTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.responses.RetrieveDocumentSetResponseTransformer;
import org.openehealth.ipf.commons.ihe.xds.iti41.Iti41PortType;
import org.openehealth.ipf.commons.ihe.xds.iti43.Iti43PortType;
import org.w3c.dom.Element;

/**
 * A client of the DMP door on IPF (Open eHealth), over CXF: IPF reads the metadata into its own model, writes them again, and calls by
 * its own WSDL.
 * <p>{@code IpfClient deposit|retrieve FOLDER}; what FOLDER holds: tests/conformance/test_dmp_stacks.py. Prints {@code status S} and
 * {@code document ID SHA-256} of what was read, or {@code fault CODE}.
 */
public final class IpfClient {
    private static final String WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    private static final String XDSB = "urn:ihe:iti:xds-b:2007";
    private static final String LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0";
    private final Path folder;
    private final EbXMLFactory factory = new EbXMLFactory30();

    private IpfClient(String folder) {
        this.folder = Path.of(folder);
    }

    public static void main(String[] arguments) throws Exception {
        IpfClient client = new IpfClient(arguments[1]);
        try {
            if (arguments[0].equals("deposit")) {
                client.deposit();
            } else {
                client.retrieve();
            }
        } catch (WebServiceException thrown) {
            if (!(thrown.getCause() instanceof SoapFault fault)) {
                throw thrown;
            }
            System.out.println("fault " + fault.getSubCode().getLocalPart());
        }
    }

    private String text(String name) throws Exception {
        return Files.readString(folder.resolve(name)).strip();
    }

    /** Mutual TLS: the certificate of the card, the authorities of the server. */
    private SSLContext tls() throws Exception {
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
        return context;
    }

    private Element element(String xml) throws Exception {
        DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        return builders.newDocumentBuilder().parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8))).getDocumentElement();
    }

    /** A client as IPF makes it, with the assertion as a header. */
    private <T> T port(Class<T> kind, String name, String wsdl) throws Exception {
        WsTransactionConfiguration<XdsAuditDataset> configuration = new WsTransactionConfiguration<>(
            name, name, false, null, null, new QName(XDSB, "DocumentRepository_Service", "ihe"), kind,
            new QName(XDSB, "DocumentRepository_Binding_Soap12", "ihe"), true, wsdl, true, false, false, false);
        // The server of the tests reads no chunks; that of the door does (tests/desk/test_dmp_process.py).
        HTTPClientPolicy whole = new HTTPClientPolicy();
        whole.setAllowChunking(false);
        Object port = new JaxWsRequestClientFactory<>(configuration, text("address"), null, null, null, List.of(), null, null,
            new WsSecurityInformation(true, tls(), null, null, null), whole).getClient();
        String security = "<wsse:Security xmlns:wsse=\"" + WSSE + "\">" + text("assertion.xml") + "</wsse:Security>";
        // SOAP 1.2 answers a fault of the sender with HTTP 400, which CXF takes for no answer unless it is told.
        ((BindingProvider) port).getRequestContext().put("org.apache.cxf.transport.process_fault_on_http_400", true);
        ((BindingProvider) port).getRequestContext().put(
            Header.HEADER_LIST, new ArrayList<>(List.of(new Header(new QName(WSSE, "Security"), element(security)))));
        return kind.cast(port);
    }

    /** ITI-41: the documents of the folder, their metadata through IPF's model. */
    private void deposit() throws Exception {
        String wrapped = "<ProvideAndRegisterDocumentSetRequest xmlns=\"" + XDSB + "\"><l:SubmitObjectsRequest xmlns:l=\"" + LCM + "\">"
            + text("objects.xml") + "</l:SubmitObjectsRequest></ProvideAndRegisterDocumentSetRequest>";
        ProvideAndRegisterDocumentSetRequestType read = JAXBContext.newInstance(ProvideAndRegisterDocumentSetRequestType.class)
            .createUnmarshaller().unmarshal(new StreamSource(new StringReader(wrapped)), ProvideAndRegisterDocumentSetRequestType.class)
            .getValue();
        EbXMLProvideAndRegisterDocumentSetRequest30 request = new EbXMLProvideAndRegisterDocumentSetRequest30(read);
        try (Stream<Path> files = Files.list(folder.resolve("documents")).sorted()) {
            for (File file : files.map(Path::toFile).toList()) {
                request.addDocument(file.getName(), new DataHandler(new FileDataSource(file)));
            }
        }
        ProvideAndRegisterDocumentSetTransformer transformer = new ProvideAndRegisterDocumentSetTransformer(factory);
        ProvideAndRegisterDocumentSet model = transformer.fromEbXML(request);
        System.out.println("status " + port(Iti41PortType.class, "xds-iti41", "wsdl/iti41.wsdl")
            .documentRepositoryProvideAndRegisterDocumentSetB(transformer.toEbXML(model).getInternal()).getStatus());
    }

    /** ITI-43. */
    private void retrieve() throws Exception {
        RetrieveDocumentSet wanted = new RetrieveDocumentSet();
        for (String line : text("wanted").lines().toList()) {
            String[] pair = line.split(" ");
            wanted.getDocuments().add(new DocumentReference(pair[0], pair[1], null));
        }
        var answer = port(Iti43PortType.class, "xds-iti43", "wsdl/iti43.wsdl").documentRepositoryRetrieveDocumentSet(
            new RetrieveDocumentSetRequestTransformer(factory).toEbXML(wanted).getInternal());
        RetrievedDocumentSet found = new RetrieveDocumentSetResponseTransformer(factory)
            .fromEbXML(new EbXMLRetrieveDocumentSetResponse30(answer));
        System.out.println("status " + answer.getRegistryResponse().getStatus());
        for (RetrievedDocument one : found.getDocuments()) {
            byte[] content = one.getDataHandler().getInputStream().readAllBytes();
            String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            System.out.println("document " + one.getRequestData().getDocumentUniqueId() + " " + digest);
        }
    }
}
